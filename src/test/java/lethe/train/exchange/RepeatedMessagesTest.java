package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import lethe.model.checkpoint.NamedShape;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who stands between a worker and the driver can send again what it has seen, sealed or not. */
class RepeatedMessagesTest {
  private static final int BUCKETS = 12;
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", BUCKETS)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          1);
  private static final int LEFT = 2; // the subtree of worker 0
  private static final int RIGHT = 3;

  private final List<Double> norms = new CopyOnWriteArrayList<>();
  private final Optimizer optimizer = new Optimizer(UpdateRule.ADAMW, LAYOUT, weights(), 1e9, 0);
  private final LocalExchange exchange =
      new LocalExchange(
          new ExchangeSpec(
              LAYOUT,
              new LearningRateSchedule(0.1, 10, 0, LearningRateSchedule.Decay.CONSTANT),
              WireFormat.FLOAT32,
              GradientMode.SUMMED,
              new ShardTree(2),
              0,
              2),
          optimizer,
          2,
          record -> norms.add(record.gradNorm()));

  private static float[][] weights() {
    float[][] weights = new float[BUCKETS][];
    Arrays.setAll(weights, b -> new float[] {b});
    return weights;
  }

  @AfterEach
  void close() {
    exchange.close();
  }

  @Test
  void aGradientThatIsSentAgainIsNeitherAddedNorAnswered() throws Exception {
    join();
    for (int bucket = BUCKETS - 1; bucket >= 0; bucket--) { // the order in which workers send
      // All that the window lets be answered, and some that wait for the other worker.
      CompletableFuture<ByteBuffer> first = push(0, LEFT, bucket, 1);
      CompletableFuture<ByteBuffer> again = push(0, LEFT, bucket, 100);
      assertThat(first.isDone()).isEqualTo(BUCKETS - 1 - bucket < Mailbox.WINDOW);
      assertThat(again).as("its answer would be taken for that of the first").isNotDone();
    }
    assertThat(exchange.mailbox.stepTimeout(Duration.ZERO).orElseThrow())
        .endsWith("worker 1, which has sent 0 of its gradient messages");
    for (int bucket = BUCKETS - 1; bucket >= 0; bucket--) { // the order in which workers send
      assertThat(push(1, RIGHT, bucket, 2)).isCompleted();
      if (bucket > 0) { // after the last the step is over
        assertThat(push(1, RIGHT, bucket, 100)).isNotDone();
      }
    }
    exchange.pull(0, 0, 1, 0).get(10, TimeUnit.SECONDS);
    assertThat(norms).containsExactly(3 * Math.sqrt(BUCKETS));
    assertThat(exchange.mailbox.ended()).isEmpty();
  }

  @Test
  void aRepeatedAnnouncementDoesNotEndTheStep() throws Exception {
    join();
    for (int bucket = BUCKETS - 1; bucket >= 0; bucket--) { // the order in which workers send
      assertThat(push(0, LEFT, bucket, 1)).isCompleted();
      assertThat(announce(0, LEFT, bucket)).isNotDone();
      assertThat(announce(0, LEFT, bucket)).isNotDone();
      assertThat(push(1, RIGHT, bucket, 2)).isCompleted();
    }
    exchange.pull(0, 0, 1, 0).get(10, TimeUnit.SECONDS);
    assertThat(optimizer.steps()).isEqualTo(1);
  }

  @Test
  void anotherWorkersSubtreeIsRefusedAndTheStepGoesOn() throws Exception {
    join();
    assertThat(announce(0, RIGHT, 0)).isCompletedExceptionally();
    assertThatThrownBy(() -> push(0, RIGHT, 0, 100))
        .hasMessage("Refused a message that no worker of this launch sends");
    for (int bucket = BUCKETS - 1; bucket >= 0; bucket--) { // the order in which workers send
      assertThat(push(0, LEFT, bucket, 1)).isCompleted();
      assertThat(push(1, RIGHT, bucket, 2)).isCompleted();
    }
    exchange.pull(0, 0, 1, 0).get(10, TimeUnit.SECONDS);
    assertThat(norms).containsExactly(3 * Math.sqrt(BUCKETS));
  }

  @Test
  void whatNoWorkerSendsIsRefusedInASentence() {
    join();
    Message right = new Message(Message.Kind.PUSH, 0, 0, 0, 0, LEFT, Slot.NONE);
    List<Message> wrong =
        List.of(
            new Message(Message.Kind.PUSH, 0, 0, 2, 0, LEFT, Slot.NONE),
            new Message(Message.Kind.PUSH, 0, 0, -1, 0, LEFT, Slot.NONE),
            new Message(Message.Kind.PUSH, 0, -1, 0, 0, LEFT, Slot.NONE),
            new Message(Message.Kind.PUSH, 0, 0, 0, 0, -1, Slot.NONE),
            new Message(Message.Kind.PUSH, 0, 0, 0, 0, ShardTree.ROOT, Slot.NONE),
            new Message(Message.Kind.PUSH, 0, 0, 0, 0, RIGHT, Slot.NONE),
            new Message(Message.Kind.PUSH, 0, 0, 1, 0, LEFT, Slot.NONE),
            new Message(Message.Kind.PUSH, 0, 0, 1, 0, 2 * RIGHT, Slot.NONE),
            new Message(Message.Kind.PUSH, 0, 0, 0, 0, LEFT, new Slot(1, 0)),
            new Message(Message.Kind.PUSH, 0, 0, 0, 0, LEFT, new Slot(0, BUCKETS)));
    for (Message message : wrong) {
      assertThat(exchange.send(message, 0, body -> {}))
          .as("%s", message)
          .failsWithin(10, TimeUnit.SECONDS)
          .withThrowableThat()
          .withMessageContaining("Refused a message that no worker of this launch sends");
      assertThat(exchange.mailbox.gradientBytes(message.buffer(0).flip())).isEmpty();
    }
    assertThat(exchange.mailbox.gradientBytes(right.buffer(0).flip())).hasValue(4);
    Message report = new Message(Message.Kind.REPORT, 0, 0, 0, 0, 0, Slot.NONE);
    assertThat(exchange.send(report, 20, body -> body.putLong(0).putLong(0).putInt(1 << 30)))
        .failsWithin(10, TimeUnit.SECONDS)
        .withThrowableThat()
        .withMessageContaining("Cannot read a worker's report of 20 bytes");
  }

  private void join() {
    exchange.hello(0, 0, "here").join();
    exchange.hello(0, 1, "here").join();
    exchange.report(0, 0, 0, 1).join();
    exchange.report(0, 1, 0, 1).join();
  }

  private CompletableFuture<ByteBuffer> push(int worker, int node, int bucket, float value) {
    return exchange.push(0, worker, 0, node, new Slot(0, bucket), value);
  }

  private CompletableFuture<ByteBuffer> announce(int worker, int node, int bucket) {
    Message head = new Message(Message.Kind.PUSH, 0, 0, worker, 0, node, new Slot(0, bucket));
    return exchange.send(head, 0, body -> {});
  }
}
