package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import lethe.model.NamedShape;
import lethe.train.Message.Kind;
import org.apache.spark.network.client.RpcResponseCallback;
import org.junit.jupiter.api.Test;

class StepTimeoutTest {
  private static final Layout LAYOUT =
      Layout.of(List.of(NamedShape.of("w", 4)), new Names(List.of()), new Names(List.of()), 2);

  @Test
  void aStepThatTakesTooLongNamesTheWorkerThatIsBehind() {
    AdamW optimizer = new AdamW(LAYOUT, new float[][] {{1, 2}, {3, 4}}, 1, 0);
    Schedule schedule = new Schedule(0.1, 10, 0, Schedule.Decay.CONSTANT);
    try (Aggregator aggregator =
        new Aggregator(
            new Exchange(LAYOUT, schedule, Wire.FLOAT32, Separation.JOINED, 0, 2),
            optimizer,
            new Environment(true, sentence -> {}),
            new Aggregator.Listener() {
              @Override
              public void begun(int attempt) {}

              @Override
              public void applied(
                  int step,
                  int attempt,
                  List<WorkerStep> reports,
                  StepGradient gradient,
                  double rate,
                  long bytes) {}
            },
            () -> false,
            Optional.empty())) {
      assertThat(aggregator.overdue(Duration.ZERO)).as("nobody is there yet").isEmpty();
      hello(aggregator, 0);
      hello(aggregator, 1);
      push(aggregator, 0, 2, 0);
      push(aggregator, 0, 2, 1);
      push(aggregator, 1, 3, 0);
      assertThat(aggregator.overdue(Duration.ofHours(1))).isEmpty();
      assertThat(aggregator.overdue(Duration.ZERO))
          .hasValue(
              "step 1 took longer than train.step-timeout (0 s); slowest: worker 1, which has sent 1 of its messages");
    }
  }

  private static void hello(Aggregator aggregator, int worker) {
    byte[] greeting =
        (Exchange.greeting(LAYOUT, 2, Wire.FLOAT32, Separation.JOINED) + "\nhere")
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer body = new Message(Kind.HELLO, 0, 0, worker, 0, 0, 0).buffer(greeting.length);
    send(aggregator, body.put(greeting));
  }

  private static void push(Aggregator aggregator, int worker, int node, int bucket) {
    ByteBuffer body = new Message(Kind.PUSH, 0, 0, worker, 0, node, bucket).buffer(8);
    Wire.FLOAT32.encode(new float[] {1, 1}, body);
    send(aggregator, body);
  }

  private static void send(Aggregator aggregator, ByteBuffer body) {
    aggregator.receive(
        null,
        body.flip(),
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer response) {}

          @Override
          public void onFailure(Throwable e) {
            throw new AssertionError(e);
          }
        });
  }
}
