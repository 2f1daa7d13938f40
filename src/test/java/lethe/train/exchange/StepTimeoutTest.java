package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import lethe.model.checkpoint.NamedShape;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.junit.jupiter.api.Test;

class StepTimeoutTest {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 4)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          2);

  @Test
  void aStepThatTakesTooLongNamesTheWorkerThatIsBehind() {
    Optimizer optimizer =
        new Optimizer(UpdateRule.ADAMW, LAYOUT, new float[][] {{1, 2}, {3, 4}}, 1, 0);
    LearningRateSchedule schedule =
        new LearningRateSchedule(0.1, 10, 0, LearningRateSchedule.Decay.CONSTANT);
    ExchangeSpec agreed =
        new ExchangeSpec(
            LAYOUT, schedule, WireFormat.FLOAT32, GradientMode.SUMMED, new ShardTree(2), 0, 2);
    try (LocalExchange exchange = new LocalExchange(agreed, optimizer, 2, record -> {})) {
      Mailbox mailbox = exchange.mailbox;
      assertThat(mailbox.stepTimeout(Duration.ZERO)).as("nobody is there yet").isEmpty();
      exchange.hello(0, 0, "here").join();
      exchange.hello(0, 1, "here").join();
      assertThat(exchange.push(0, 0, 0, 2, new Slot(0, 0), 1, 1)).isCompleted();
      assertThat(exchange.push(0, 0, 0, 2, new Slot(0, 1), 1, 1)).isCompleted();
      assertThat(exchange.push(0, 1, 0, 3, new Slot(0, 0), 1, 1)).isCompleted();
      assertThat(mailbox.stepTimeout(Duration.ofHours(1))).isEmpty();
      assertThat(mailbox.stepTimeout(Duration.ZERO))
          .hasValue(
              "step 1 took longer than train.step-timeout (0 s); slowest: worker 1, which has sent 1 of its gradient messages");
    }
  }
}
