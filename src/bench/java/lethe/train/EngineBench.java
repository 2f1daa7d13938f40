package lethe.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import lethe.model.checkpoint.NamedShape;
import lethe.objective.Descent;
import lethe.objective.Role;
import lethe.train.exchange.Ended;
import lethe.train.exchange.ExchangeSpec;
import lethe.train.exchange.GradientUpload;
import lethe.train.exchange.Mailbox;
import lethe.train.exchange.MailboxAddress;
import lethe.train.exchange.MailboxClient;
import lethe.train.exchange.MailboxServer;
import lethe.train.exchange.Slot;
import lethe.train.exchange.WorkerEnvironment;
import lethe.train.exchange.WorkerReport;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.SendOrder;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.Sharpness;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;

/**
 * How fast the exchange with one worker is over the loopback device, compared with plain TCP there.
 * Best of some rounds after a warm-up; {@code jobs/engine-bench.sh} starts it.
 */
public final class EngineBench {
  private static final int ELEMENTS = Integer.getInteger("elements", 100_000_000);
  private static final int BUCKET = 2 << 20;
  private static final int ROUNDS = 8;

  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", ELEMENTS)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          BUCKET);

  private static final List<Role> ROLES = List.of(new Role("train", new Descent(), 1));

  private EngineBench() {}

  public static void main(String[] arguments) throws Exception {
    System.out.printf(
        Locale.ROOT,
        "%d processors, %d parameters%n",
        Runtime.getRuntime().availableProcessors(),
        ELEMENTS);
    Optimizer optimizer = new Optimizer(UpdateRule.ADAMW, LAYOUT, filled(), 1, 0.01);
    float[][] gradient = filled();
    System.out.printf(
        Locale.ROOT, "plain TCP over loopback, one connection          %6.2f GB/s%n", loopback());
    for (WireFormat wire : WireFormat.values()) {
      exchange(optimizer, gradient, wire, Map.of());
    }
    exchange(
        optimizer, gradient, WireFormat.FLOAT32, Map.of("spark.network.crypto.enabled", "true"));
    System.exit(0);
  }

  private static void exchange(
      Optimizer optimizer, float[][] gradient, WireFormat wire, Map<String, String> network)
      throws Exception {
    int first = optimizer.steps();
    LearningRateSchedule schedule =
        new LearningRateSchedule(1e-4, 1_000_000, 0, LearningRateSchedule.Decay.CONSTANT);
    double push = 0;
    double pull = 0;
    Mailbox mailbox =
        new Mailbox(
            new ExchangeSpec(LAYOUT, schedule, wire, GradientMode.SUMMED, new ShardTree(1), 0, 1),
            optimizer.weights(),
            new WorkerEnvironment(true, sentence -> {}),
            Optional.empty());
    StepRecorder recorder = new StepRecorder(ROLES, step -> new long[1], Clock.systemUTC(), 1);
    StepLoop loop =
        new StepLoop(
            optimizer,
            recorder,
            Optional.empty(),
            Optional.empty(),
            new StopRequest(),
            new Silent());
    Thread driver = new Thread(() -> loop.run(mailbox), "driver");
    driver.start();
    try (MailboxServer server =
            new MailboxServer(mailbox, "127.0.0.1", 0, "bench", network, sentence -> {});
        MailboxClient client =
            new MailboxClient(
                new MailboxAddress("127.0.0.1", server.port(), 0, "bench", network), 0, 0)) {
      client.hello(
          ExchangeSpec.greeting(LAYOUT, 1, wire, GradientMode.SUMMED, Sharpness.NONE), "here", "");
      client.pull(first, LAYOUT, wire, (values, b) -> {});
      for (int step = first; step < first + ROUNDS / 2; step++) {
        client.report(step, new WorkerReport(new double[] {0}, new long[] {0}, 1, 1));
        long begun = System.nanoTime();
        send(client.upload(step, List.of(ShardTree.ROOT), LAYOUT, wire), gradient);
        push = Math.max(push, rate(wire.bytes(1), System.nanoTime() - begun));
        int next = step + 1;
        client.pull(next, LAYOUT, wire, (values, b) -> {}); // the step is applied
        begun = System.nanoTime();
        client.pull(next, LAYOUT, wire, (values, b) -> {});
        pull = Math.max(pull, rate(wire.bytes(1), System.nanoTime() - begun));
      }
    }
    mailbox.end(Ended.lost("the benchmark has ended"));
    driver.join();
    System.out.printf(
        Locale.ROOT,
        "exchange, %-8s%-10s gradients %5.2f GB/s, weights %5.2f GB/s%n",
        wire,
        network.isEmpty() ? "" : ", AES-GCM",
        push,
        pull);
  }

  private static void send(GradientUpload upload, float[][] gradient) {
    SendOrder order = new SendOrder(LAYOUT);
    for (int place = 0; place < order.count(); place++) {
      int bucket = order.bucket(place);
      upload.send(new Slot(0, bucket), List.of(gradient[bucket]));
    }
    upload.await();
  }

  /** What two threads that only write and read reach: no exchange can be faster. */
  private static double loopback() throws IOException, InterruptedException {
    long bytes = 4L * ELEMENTS;
    double best = 0;
    try (ServerSocketChannel door = ServerSocketChannel.open()) {
      door.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      for (int round = 0; round < ROUNDS / 2; round++) {
        try (SocketChannel from = SocketChannel.open(door.getLocalAddress());
            SocketChannel to = door.accept()) {
          Thread sender = new Thread(() -> send(from, bytes));
          long begun = System.nanoTime();
          sender.start();
          ByteBuffer into = ByteBuffer.allocateDirect(1 << 20);
          for (long left = bytes; left > 0; left -= to.read(into.clear())) {
            // what is read is dropped
          }
          best = Math.max(best, rate(4, System.nanoTime() - begun));
          sender.join();
        }
      }
    }
    return best;
  }

  private static void send(SocketChannel to, long bytes) {
    ByteBuffer from = ByteBuffer.allocateDirect(1 << 20);
    try {
      for (long left = bytes; left > 0; ) {
        from.clear().limit((int) Math.min(left, from.capacity()));
        left -= to.write(from);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Silent implements StepLoop.Journal {
    @Override
    public void add(StepRecord record) {}

    @Override
    public void checkpoint(int steps) {}
  }

  private static double rate(int bytes, long nanos) {
    return (double) bytes * ELEMENTS / nanos;
  }

  private static float[][] filled() {
    float[][] vector = LAYOUT.buckets().allocate();
    for (float[] bucket : vector) {
      Arrays.fill(bucket, 1e-3f);
    }
    return vector;
  }
}
