package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import lethe.model.checkpoint.NamedShape;
import lethe.train.exchange.Message.Kind;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.Sharpness;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.junit.jupiter.api.Test;

/** The driver moves weights in the middle of a step. */
class MovedWeightsTest {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 3)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          3);
  private static final Slot FORGET = new Slot(0, 0);
  private static final Slot RETAIN = new Slot(1, 0);
  private static final Slot MOVED = new Slot(2, 0);

  private final Optimizer optimizer =
      new Optimizer(UpdateRule.ADAMW, LAYOUT, new float[][] {{1, 2, 3}}, 1e9, 0);

  private LocalExchange exchange(Sharpness sharpness) {
    return new LocalExchange(
        new ExchangeSpec(
            LAYOUT,
            new LearningRateSchedule(0.1, 10, 0, LearningRateSchedule.Decay.CONSTANT),
            WireFormat.FLOAT32,
            GradientMode.SEPARATE,
            sharpness,
            new ShardTree(1),
            0,
            1),
        optimizer,
        1,
        record -> {});
  }

  @Test
  void theyAreMadeOfTheForgetGradientAndTheStepOfTheOneThatIsTakenThere() throws Exception {
    try (LocalExchange exchange = exchange(new Sharpness(0.5))) {
      exchange.hello(0, 0, "here").join();
      CompletableFuture<ByteBuffer> key = moved(exchange, 0, 0);
      exchange.push(0, 0, 0, ShardTree.ROOT, FORGET, 3, 0, -4).join();
      assertThat(key).as("the other side is missing").isNotDone();
      exchange.push(0, 0, 0, ShardTree.ROOT, RETAIN, 10, 20, 30).join();
      assertThat(fetch(exchange, key)).containsExactly(1.3f, 2, 2.6f);
      assertThat(exchange.pull(0, 0, 0, 0).join())
          .as("the weights themselves stay")
          .containsExactly(1, 2, 3);
      exchange.report(0, 0, 0, 1).join();
      exchange.push(0, 0, 0, ShardTree.ROOT, MOVED, 5, 6, 7).join();
      exchange.pull(0, 0, 1, 0).join(); // the step is applied
      float[] mean = optimizer.vectors().get(1)[0];
      assertThat(mean).containsExactly(new float[] {1.5f, 2.6f, 3.7f}, within(1e-5f));
    }
  }

  @Test
  void aNewerAttemptBeginsTheStepAgain() throws Exception {
    try (LocalExchange exchange = exchange(new Sharpness(0.5))) {
      exchange.hello(0, 0, "here").join();
      exchange.push(0, 0, 0, ShardTree.ROOT, FORGET, 3, 0, -4).join();
      exchange.push(0, 0, 0, ShardTree.ROOT, RETAIN, 10, 20, 30).join();
      fetch(exchange, moved(exchange, 0, 0));
      exchange.hello(1, 0, "here").join(); // the worker has died with these weights
      CompletableFuture<ByteBuffer> key = moved(exchange, 1, 0);
      assertThat(key).as("what the first one sent is dropped").isNotDone();
      assertThat(exchange.pull(1, 0, 0, 0).join()).containsExactly(1, 2, 3);
      exchange.push(1, 0, 0, ShardTree.ROOT, FORGET, 0, 1, 0).join();
      exchange.push(1, 0, 0, ShardTree.ROOT, RETAIN, 10, 20, 30).join();
      assertThat(fetch(exchange, key)).containsExactly(1, 2.5f, 3);
    }
  }

  @Test
  void withoutSharpnessThereAreNone() {
    try (LocalExchange exchange = exchange(Sharpness.NONE)) {
      exchange.hello(0, 0, "here").join();
      assertThatThrownBy(() -> moved(exchange, 0, 0).join())
          .hasMessageContaining("no weights are moved in this training");
      assertThatThrownBy(() -> exchange.push(0, 0, 0, ShardTree.ROOT, MOVED, 5, 6, 7).join())
          .hasMessageContaining("Refused a message that no worker of this launch sends");
    }
  }

  private static CompletableFuture<ByteBuffer> moved(
      LocalExchange exchange, int attempt, int step) {
    return exchange.send(
        new Message(Kind.PULL_MOVED, 0, attempt, 0, step, 0, Slot.NONE), 0, body -> {});
  }

  private static float[] fetch(LocalExchange exchange, CompletableFuture<ByteBuffer> key)
      throws Exception {
    String name = StandardCharsets.UTF_8.decode(key.get(10, TimeUnit.SECONDS)).toString();
    return exchange.fetch(name + "/0", 0);
  }
}
