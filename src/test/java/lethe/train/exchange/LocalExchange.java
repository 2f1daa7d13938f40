package lethe.train.exchange;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import lethe.objective.Descent;
import lethe.objective.Role;
import lethe.train.StepLoop;
import lethe.train.StepRecord;
import lethe.train.StepRecorder;
import lethe.train.StopRequest;
import lethe.train.exchange.Message.Kind;
import lethe.train.optimizer.Optimizer;
import lethe.train.steering.TargetController;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * A mailbox without a network, and the driver's loop in a thread of its own: what is sent to it is
 * received at once, by the sender's thread.
 */
public final class LocalExchange implements AutoCloseable {
  private static final List<Role> ROLES = List.of(new Role("retain", new Descent(), 1));

  final ExchangeSpec exchange;
  public final Mailbox mailbox;
  final StopRequest stop = new StopRequest();

  /** How many sums the plan has for the term in a step; each that is reported is of one example. */
  volatile long planned;

  private final CompletableFuture<Ended> ended = new CompletableFuture<>();

  /**
   * @param planned sums of the term that all workers together report in a step
   * @param applied is told of each step that has been applied, before the next begins
   */
  public LocalExchange(
      ExchangeSpec exchange, Optimizer optimizer, long planned, Consumer<StepRecord> applied) {
    this(exchange, optimizer, planned, applied, Optional.empty());
  }

  LocalExchange(
      ExchangeSpec exchange,
      Optimizer optimizer,
      long planned,
      Consumer<StepRecord> applied,
      Optional<TargetController> steering) {
    this.exchange = exchange;
    this.planned = planned;
    this.mailbox =
        new Mailbox(
            exchange,
            optimizer.weights(),
            new WorkerEnvironment(true, sentence -> {}),
            steering.map(TargetController::tree));
    StepLoop loop =
        new StepLoop(
            optimizer,
            new StepRecorder(ROLES, step -> new long[] {this.planned}, Clock.systemUTC(), 1),
            steering,
            Optional.empty(),
            stop,
            new StepLoop.Journal() {
              @Override
              public void add(StepRecord record) {
                applied.accept(record);
              }

              @Override
              public void checkpoint(int steps) {}
            });
    Thread driver = new Thread(() -> ended.complete(loop.run(mailbox)), "driver");
    driver.setDaemon(true);
    driver.start();
  }

  /** How the driver's loop has ended; waits until it has. */
  Ended ended() throws Exception {
    return ended.get(10, TimeUnit.SECONDS);
  }

  /** A worker that runs on {@code environment} comes. */
  public CompletableFuture<ByteBuffer> hello(int attempt, int worker, String environment) {
    byte[] greeting = (exchange.greeting() + "\n" + environment).getBytes(StandardCharsets.UTF_8);
    Message head = new Message(Kind.HELLO, exchange.launch(), attempt, worker, 0, 0, Slot.NONE);
    return send(head, greeting.length, body -> body.put(greeting));
  }

  CompletableFuture<float[]> pull(int attempt, int worker, int step, int bucket) {
    return key(attempt, worker, step).thenApply(key -> fetch(key + "/" + bucket, bucket));
  }

  /** The key by which the weights of a step are fetched. */
  CompletableFuture<String> key(int attempt, int worker, int step) {
    return send(message(Kind.PULL, attempt, worker, step, 0, Slot.NONE), 0, body -> {})
        .thenApply(key -> StandardCharsets.UTF_8.decode(key).toString());
  }

  /** A bucket of weights by key and number. */
  float[] fetch(String id, int bucket) {
    IncomingBucket incoming =
        new IncomingBucket(
            id, exchange.wire(), new float[exchange.layout().buckets().length(bucket)]);
    send(((OutgoingBucket) mailbox.getStreamManager().openStream(id)).nioByteBuffer(), incoming);
    return incoming.whole().join();
  }

  CompletableFuture<ByteBuffer> report(int attempt, int worker, int step, double... termSums) {
    long[] ones = LongStream.range(0, termSums.length).map(i -> 1).toArray();
    WorkerReport report = new WorkerReport(termSums, ones, 1, 1);
    Message head = message(Kind.REPORT, attempt, worker, step, 0, Slot.NONE);
    return send(head, report.bytes(), report::write);
  }

  CompletableFuture<ByteBuffer> push(
      int attempt, int worker, int step, int node, Slot slot, float... values) {
    Message head = message(Kind.PUSH, attempt, worker, step, node, slot);
    send(
        new OutgoingBucket(values, exchange.wire()).nioByteBuffer(),
        mailbox.receiveStream(null, head.buffer(0).flip(), null));
    return send(head, 0, body -> {});
  }

  /** In pieces that end within an element. */
  private static void send(ByteBuffer bytes, StreamCallbackWithID stream) {
    try {
      for (int odd = 7; bytes.hasRemaining(); odd = 2 * odd + 1) {
        int length = Math.min(odd, bytes.remaining());
        stream.onData(stream.getID(), bytes.slice(bytes.position(), length));
        bytes.position(bytes.position() + length);
      }
      stream.onComplete(stream.getID());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  CompletableFuture<ByteBuffer> probe(int attempt, int worker, int step, double... sums) {
    Message head = message(Kind.PROBE, attempt, worker, step, 0, Slot.NONE);
    return send(
        head,
        8 * sums.length,
        body -> {
          for (double sum : sums) {
            body.putDouble(sum);
          }
        });
  }

  private Message message(Kind kind, int attempt, int worker, int step, int node, Slot slot) {
    return new Message(kind, exchange.launch(), attempt, worker, step, node, slot);
  }

  /** Sends any message; the answer fails with what the mailbox refuses it for. */
  CompletableFuture<ByteBuffer> send(Message head, int bytes, Consumer<ByteBuffer> payload) {
    ByteBuffer body = head.buffer(bytes);
    payload.accept(body);
    CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
    mailbox.receive(null, body.flip(), to(answer));
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
    mailbox.end(Ended.lost("the test has ended"));
    ended.join();
  }
}
