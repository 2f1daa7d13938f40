package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import lethe.model.NamedShape;
import org.junit.jupiter.api.Test;

class StepTimeoutTest {
  private static final Layout LAYOUT =
      Layout.of(List.of(NamedShape.of("w", 4)), new Names(List.of()), new Names(List.of()), 2);

  @Test
  void aStepThatTakesTooLongNamesTheWorkerThatIsBehind() {
    AdamW optimizer = new AdamW(LAYOUT, new float[][] {{1, 2}, {3, 4}}, 1, 0);
    Schedule schedule = new Schedule(0.1, 10, 0, Schedule.Decay.CONSTANT);
    Exchange agreed = new Exchange(LAYOUT, schedule, Wire.FLOAT32, Separation.JOINED, 0, 2);
    try (LocalExchange exchange = new LocalExchange(agreed, optimizer, (step, told, bytes) -> {})) {
      Aggregator aggregator = exchange.aggregator;
      assertThat(aggregator.overdue(Duration.ZERO)).as("nobody is there yet").isEmpty();
      exchange.hello(0, 0, "here").join();
      exchange.hello(0, 1, "here").join();
      assertThat(exchange.push(0, 0, 0, 2, 0, 1, 1)).isCompleted();
      assertThat(exchange.push(0, 0, 0, 2, 1, 1, 1)).isCompleted();
      assertThat(exchange.push(0, 1, 0, 3, 0, 1, 1)).isCompleted();
      assertThat(aggregator.overdue(Duration.ofHours(1))).isEmpty();
      assertThat(aggregator.overdue(Duration.ZERO))
          .hasValue(
              "step 1 took longer than train.step-timeout (0 s); slowest: worker 1, which has sent 1 of its messages");
    }
  }
}
