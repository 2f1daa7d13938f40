package lethe.train;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import lethe.model.NamedShape;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.util.TransportConf;

/**
 * How fast the engine's own work is on this machine: adding gradients and AdamW beside what memory
 * gives, and the exchange with one worker over the loopback device. Best of some rounds after a
 * warm-up, on all processors; {@code jobs/engine-bench.sh} starts it.
 */
public final class EngineBench {
  private static final int ELEMENTS = 100_000_000;
  private static final int BUCKET = 2 << 20;
  private static final int ROUNDS = 8;

  private static final Layout LAYOUT =
      Layout.of(
          List.of(NamedShape.of("w", ELEMENTS)),
          new Names(List.of()),
          new Names(List.of()),
          BUCKET);

  private EngineBench() {}

  public static void main(String[] arguments) throws Exception {
    Buckets buckets = LAYOUT.buckets();
    float[][] left = filled(buckets);
    float[][] right = filled(buckets);
    System.out.printf(
        Locale.ROOT,
        "%d processors, %d parameters%n",
        Runtime.getRuntime().availableProcessors(),
        ELEMENTS);
    double copy =
        best(
            8, () -> each(buckets, b -> System.arraycopy(left[b], 0, right[b], 0, left[b].length)));
    System.out.printf(Locale.ROOT, "memory, copying                    %6.1f GB/s%n", copy);
    double add = best(12, () -> each(buckets, b -> Buckets.add(left[b], right[b], Wire.FLOAT32)));
    System.out.printf(
        Locale.ROOT,
        "adding gradients, float32          %6.1f GB/s  %3.0f %% of copying%n",
        add,
        100 * add / copy);
    double narrow =
        best(12, () -> each(buckets, b -> Buckets.add(left[b], right[b], Wire.BFLOAT16)));
    System.out.printf(
        Locale.ROOT,
        "adding gradients, rounded          %6.1f GB/s  %3.0f %%%n",
        narrow,
        100 * narrow / copy);
    AdamW optimizer = new AdamW(LAYOUT, filled(buckets), 1, 0.01);
    double update =
        best(
            28,
            () -> {
              optimizer.advance();
              each(buckets, b -> optimizer.update(b, right[b], 1, 1e-3));
            });
    System.out.printf(
        Locale.ROOT,
        "AdamW                              %6.1f GB/s  %3.0f %%%n",
        update,
        100 * update / copy);
    for (Wire wire : Wire.values()) {
      exchange(optimizer, right, wire, Map.of());
    }
    exchange(optimizer, right, Wire.FLOAT32, Map.of("spark.network.crypto.enabled", "true"));
    System.exit(0);
  }

  private static void exchange(
      AdamW optimizer, float[][] gradient, Wire wire, Map<String, String> network)
      throws Exception {
    int first = optimizer.steps();
    Schedule schedule = new Schedule(1e-4, 1_000_000, 0, Schedule.Decay.CONSTANT);
    TransportConf conf = Endpoint.transport(network);
    double push = 0;
    double pull = 0;
    try (Aggregator aggregator =
            new Aggregator(
                new Exchange(LAYOUT, schedule, wire, Separation.JOINED, 0, 1),
                optimizer,
                new Environment(true, sentence -> {}),
                new Silent(),
                () -> false,
                Optional.empty());
        TransportContext context =
            new TransportContext(
                conf, new SealedHandler(aggregator, Endpoint.seal(network, "bench")));
        TransportServer server =
            context.createServer(
                "127.0.0.1", 0, List.of(new AuthServerBootstrap(conf, Endpoint.keys("bench"))));
        AggregatorClient client =
            new AggregatorClient(
                new Endpoint("127.0.0.1", server.getPort(), 0, "bench", network), 0, 0)) {
      client.hello(Exchange.greeting(LAYOUT, 1, wire, Separation.JOINED), "here");
      int count = LAYOUT.count();
      client.pull(first, LAYOUT, count, wire, (values, b) -> {});
      for (int step = first; step < first + ROUNDS / 2; step++) {
        long begun = System.nanoTime();
        client.push(step, List.of(ShardTree.ROOT), List.<float[][]>of(gradient), wire, b -> {});
        push = Math.max(push, rate(wire.bytes(1), System.nanoTime() - begun));
        int next = step + 1;
        client.pull(next, LAYOUT, 1, wire, (values, b) -> {}); // the step is applied
        begun = System.nanoTime();
        client.pull(next, LAYOUT, count, wire, (values, b) -> {});
        pull = Math.max(pull, rate(wire.bytes(1), System.nanoTime() - begun));
      }
    }
    System.out.printf(
        Locale.ROOT,
        "exchange, %-8s%-10s gradients %5.2f GB/s, weights %5.2f GB/s%n",
        wire,
        network.isEmpty() ? "" : ", AES-GCM",
        push,
        pull);
  }

  private static final class Silent implements Aggregator.Listener {
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
  }

  private interface Bucket {
    void at(int bucket);
  }

  private static void each(Buckets buckets, Bucket work) {
    IntStream.range(0, buckets.count()).parallel().forEach(work::at);
  }

  /** GB/s of the fastest round. */
  private static double best(int bytes, Runnable work) {
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
      long begun = System.nanoTime();
      work.run();
      best = Math.max(best, rate(bytes, System.nanoTime() - begun));
    }
    return best;
  }

  private static double rate(int bytes, long nanos) {
    return (double) bytes * ELEMENTS / nanos;
  }

  private static float[][] filled(Buckets buckets) {
    float[][] vector = buckets.allocate();
    for (float[] bucket : vector) {
      Arrays.fill(bucket, 1e-3f);
    }
    return vector;
  }
}
