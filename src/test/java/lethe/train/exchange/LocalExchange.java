package lethe.train.exchange;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import lethe.train.exchange.Message.Kind;
import lethe.train.gradient.StepGradient;
import lethe.train.optimizer.AdamW;
import lethe.train.steering.TargetController;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;

/** An aggregator without a network: what is sent to it is received at once, by this thread. */
public final class LocalExchange implements AutoCloseable {
  /** Is told of each step that has been applied. */
  public interface Applied {
    void step(int step, List<WorkerReport> reports, long bytes);
  }

  final ExchangeSpec exchange;
  final Aggregator aggregator;

  /** Why the next step must not be applied, if it must not. */
  volatile String objection;

  public LocalExchange(ExchangeSpec exchange, AdamW optimizer, Applied applied) {
    this(exchange, optimizer, applied, Optional.empty());
  }

  LocalExchange(
      ExchangeSpec exchange,
      AdamW optimizer,
      Applied applied,
      Optional<TargetController> steering) {
    this.exchange = exchange;
    this.aggregator =
        new Aggregator(
            exchange,
            optimizer,
            new WorkerEnvironment(true, sentence -> {}),
            new Aggregator.Listener() {
              @Override
              public void begun(int attempt) {}

              @Override
              public Optional<String> objection(int step, List<WorkerReport> reports) {
                return Optional.ofNullable(objection);
              }

              @Override
              public void applied(
                  int step,
                  int attempt,
                  List<WorkerReport> reports,
                  StepGradient gradient,
                  double rate,
                  long bytes) {
                applied.step(step, reports, bytes);
              }
            },
            () -> false,
            steering);
  }

  /** A worker that runs on {@code environment} comes. */
  CompletableFuture<ByteBuffer> hello(int attempt, int worker, String environment) {
    byte[] greeting = (exchange.greeting() + "\n" + environment).getBytes(StandardCharsets.UTF_8);
    Message head = new Message(Kind.HELLO, exchange.launch(), attempt, worker, 0, 0, 0);
    return send(head, greeting.length, body -> body.put(greeting));
  }

  CompletableFuture<float[]> pull(int attempt, int worker, int step, int bucket) {
    return send(message(Kind.PULL, attempt, worker, step, 0, 0), 0, body -> {})
        .thenApply(key -> fetch(StandardCharsets.UTF_8.decode(key) + "/" + bucket, bucket));
  }

  private float[] fetch(String id, int bucket) {
    IncomingBucket incoming =
        new IncomingBucket(id, exchange.wire(), new float[exchange.layout().length(bucket)]);
    send(((OutgoingBucket) aggregator.getStreamManager().openStream(id)).nioByteBuffer(), incoming);
    return incoming.whole().join();
  }

  CompletableFuture<ByteBuffer> report(int attempt, int worker, int step, double... termSums) {
    WorkerReport report = new WorkerReport(termSums, new long[termSums.length], 1, 1);
    Message head = message(Kind.REPORT, attempt, worker, step, 0, 0);
    return send(head, report.bytes(), report::write);
  }

  CompletableFuture<ByteBuffer> push(
      int attempt, int worker, int step, int node, int bucket, float... values) {
    Message head = message(Kind.PUSH, attempt, worker, step, node, bucket);
    send(
        new OutgoingBucket(values, exchange.wire()).nioByteBuffer(),
        aggregator.receiveStream(null, head.buffer(0).flip(), null));
    return send(head, 0, body -> {});
  }

  /** In pieces that end within an element. */
  private static void send(ByteBuffer bytes, StreamCallbackWithID stream) {
    try {
      while (bytes.hasRemaining()) {
        int length = Math.min(7, bytes.remaining());
        stream.onData(stream.getID(), bytes.slice(bytes.position(), length));
        bytes.position(bytes.position() + length);
      }
      stream.onComplete(stream.getID());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  CompletableFuture<ByteBuffer> probe(int attempt, int worker, int step, double... sums) {
    Message head = message(Kind.PROBE, attempt, worker, step, 0, 0);
    return send(
        head,
        8 * sums.length,
        body -> {
          for (double sum : sums) {
            body.putDouble(sum);
          }
        });
  }

  private Message message(Kind kind, int attempt, int worker, int step, int node, int bucket) {
    return new Message(kind, exchange.launch(), attempt, worker, step, node, bucket);
  }

  /** Sends any message; the answer fails with what the aggregator refuses it for. */
  CompletableFuture<ByteBuffer> send(Message head, int bytes, Consumer<ByteBuffer> payload) {
    ByteBuffer body = head.buffer(bytes);
    payload.accept(body);
    CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
    aggregator.receive(null, body.flip(), to(answer));
    return answer;
  }

  /** What Spark's transport calls with an answer. */
  static RpcResponseCallback to(CompletableFuture<ByteBuffer> answer) {
    return new RpcResponseCallback() {
      @Override
      public void onSuccess(ByteBuffer response) {
        answer.complete(response);
      }

      @Override
      public void onFailure(Throwable e) {
        answer.completeExceptionally(e);
      }
    };
  }

  @Override
  public void close() {
    aggregator.close();
  }
}
