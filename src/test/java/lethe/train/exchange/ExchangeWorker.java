package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.SendOrder;
import lethe.train.gradient.ShardGradients;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;

/** A worker without a process: what it computes is given, what it sends is real. */
public final class ExchangeWorker {
  /** What a worker computes. */
  public interface Shards {
    /**
     * @param step from 0
     * @param shard of it
     * @param weights bucket by bucket, as they arrived
     * @param gradient to fill, zeros: [part][bucket][element]
     * @return the terms' sums
     */
    double[] of(int step, int shard, float[][] weights, float[][][] gradient);
  }

  private final Buckets buckets;
  private final int parts;
  private final ShardTree tree;
  private final Shards computed;
  private final LocalExchange exchange;
  private final WireFormat wire;
  private final int number;
  private final int workers;
  private final Deque<Runnable> outbox = new ArrayDeque<>();
  private final List<CompletableFuture<ByteBuffer>> sent = new ArrayList<>();
  private List<CompletableFuture<float[]>> pulled = new ArrayList<>();

  public ExchangeWorker(LocalExchange exchange, int number, int shards, Shards computed) {
    this.exchange = exchange;
    this.buckets = exchange.exchange.layout().buckets();
    this.parts = exchange.exchange.gradientMode().parts();
    this.tree = new ShardTree(shards);
    this.computed = computed;
    this.wire = exchange.exchange.wire();
    this.number = number;
    this.workers = exchange.exchange.workers();
    exchange.hello(0, number, "here").join();
    pull(0);
  }

  private void pull(int step) {
    for (int b = 0; b < buckets.count(); b++) {
      int bucket = b;
      outbox.add(() -> pulled.add(exchange.pull(0, number, step, bucket)));
    }
  }

  /** Waits until the last step is applied and every message is answered. */
  public void finish() throws Exception {
    take();
    for (CompletableFuture<ByteBuffer> answer : sent) {
      answer.get(10, TimeUnit.SECONDS);
    }
  }

  private float[][] take() throws Exception {
    float[][] weights = new float[buckets.count()][];
    for (int b = 0; b < weights.length; b++) {
      weights[b] = pulled.get(b).get(10, TimeUnit.SECONDS);
    }
    pulled = new ArrayList<>();
    return weights;
  }

  /** Waits for the weights, then lays out what is to be sent. */
  public void compute(int step) throws Exception {
    float[][] weights = take();
    ShardGradients gradients = new ShardGradients(wire, tree, new BufferPool());
    List<Double> termSums = new ArrayList<>();
    for (int shard = tree.firstShard(number, workers);
        shard < tree.firstShard(number + 1, workers);
        shard++) {
      float[][][] gradient =
          IntStream.range(0, parts).mapToObj(part -> buckets.allocate()).toArray(float[][][]::new);
      for (double sum : computed.of(step, shard, weights, gradient)) {
        termSums.add(sum);
      }
      for (int part = 0; part < parts; part++) {
        for (int b = 0; b < buckets.count(); b++) {
          float[] all = gradient[part][b];
          gradients.add(
              shard,
              part,
              b,
              all.length,
              (values, from, count) -> System.arraycopy(all, from, values, from, count));
        }
      }
    }
    double[] reported = termSums.stream().mapToDouble(Double::doubleValue).toArray();
    outbox.add(() -> sent.add(exchange.report(0, number, step, reported)));
    List<Integer> nodes = tree.roots(number, workers);
    SendOrder order = new SendOrder(exchange.exchange.layout());
    for (int part = 0; part < parts; part++) {
      for (int place = 0; place < buckets.count(); place++) {
        int b = order.bucket(place);
        List<float[]> sums = gradients.take(part, b, nodes);
        for (int n = 0; n < nodes.size(); n++) {
          Slot slot = new Slot(part, b);
          int node = nodes.get(n);
          float[] values = sums.get(n);
          outbox.add(() -> sent.add(exchange.push(0, number, step, node, slot, values)));
        }
      }
    }
    pull(step + 1);
  }

  /** Each worker's messages in their order, those of different workers in any. */
  public static void inAnyOrder(List<ExchangeWorker> workers, Random order) {
    List<ExchangeWorker> left = new ArrayList<>(workers);
    while (!left.isEmpty()) {
      ExchangeWorker next = left.get(order.nextInt(left.size()));
      next.outbox.remove().run();
      if (next.outbox.isEmpty()) {
        left.remove(next);
      }
    }
  }
}
