package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.SendOrder;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * One step of one attempt as it comes in; dropped whole when the attempt is replaced. Sums of
 * different slots are made at the same time, by the threads of the transport ({@link #stream},
 * {@link #add}); all else is called under the mailbox's lock.
 */
final class StepCollector {
  private static final SecureRandom RANDOM = new SecureRandom();

  private record Held(Slot slot, RpcResponseCallback answer) {}

  private final ExchangeSpec spec;
  private final Buckets buckets;
  private final SendOrder order;
  private final WireFormat wire;
  private final BufferPool pool;
  private final int step;
  private final String key = newKey();
  private final String movedKey = newKey();
  private final long begun = System.nanoTime();
  private final AtomicLong bytes = new AtomicLong();
  private final Map<Message, Gradient> arrived = new ConcurrentHashMap<>();
  private final Set<Message> announced = ConcurrentHashMap.newKeySet();
  private final Map<Slot, ShardTree.Sums<float[]>> sums = new ConcurrentHashMap<>();
  private final float[][][] gradient;
  private final WorkerReport[] reports;
  private final int[] pushed;
  private final Deque<Held> held = new ArrayDeque<>();
  private final Optional<ProbeCollector> probes;
  private volatile String notFinite;
  private float[][] moved; // weights; null before they are made

  /**
   * @param pool provides buckets for arriving gradients
   * @param step from 0
   * @param probes collects the probe sums, if a target steers
   */
  StepCollector(ExchangeSpec spec, BufferPool pool, int step, Optional<ProbeCollector> probes) {
    this.spec = spec;
    this.buckets = spec.layout().buckets();
    this.order = new SendOrder(spec.layout());
    this.wire = spec.wire();
    this.pool = pool;
    this.step = step;
    this.gradient = new float[spec.parts()][buckets.count()][];
    this.reports = new WorkerReport[spec.workers()];
    this.pushed = new int[spec.workers()];
    this.probes = probes;
  }

  private static String newKey() {
    byte[] key = new byte[16];
    RANDOM.nextBytes(key);
    return HexFormat.of().formatHex(key);
  }

  int step() {
    return step;
  }

  /** The key by which the weights of this step are fetched; known to its workers alone. */
  String key() {
    return key;
  }

  /** Likewise of the weights that were moved for it. */
  String movedKey() {
    return movedKey;
  }

  /** When it began, as {@link System#nanoTime}. */
  long begun() {
    return begun;
  }

  /** The sums of the step's probe, where a target steers. */
  Optional<ProbeCollector> probes() {
    return probes;
  }

  /** Counts weights of so many elements as sent. */
  void sent(int elements) {
    bytes.addAndGet(wire.bytes(elements));
  }

  void report(Message message, WorkerReport report) {
    reports[message.worker()] = report;
  }

  /**
   * The callback that receives an arriving gradient; one that repeats an earlier one is received
   * and dropped.
   */
  StreamCallbackWithID stream(Message message) {
    if (arrived.containsKey(message) || announced.contains(message)) {
      return dropping(message, spec);
    }
    float[] values = pool.acquire(buckets.length(message.slot().bucket()));
    Gradient coming = new Gradient(message, wire, values);
    return arrived.putIfAbsent(message, coming) == null ? coming : dropping(message, spec);
  }

  /** A callback that receives a gradient for which there is no use. */
  static StreamCallbackWithID dropping(Message message, ExchangeSpec spec) {
    return new IncomingBucket(message.where(), spec.wire(), new float[0]);
  }

  /**
   * Whether a worker's announcement of a gradient is its first. A repeated one must be ignored and
   * never answered: any answer would be taken for that of the first.
   */
  boolean announce(Message message) {
    return announced.add(message);
  }

  /**
   * Adds a gradient that has arrived along the tree, as far as its siblings have.
   *
   * @return the slot's sum over all shards; null while some are missing
   * @throws IllegalStateException when it has not arrived
   * @throws IllegalArgumentException when it is too long or too short
   */
  float[] add(Message message) {
    Gradient one = arrived(message);
    float[] values = one.whole().join();
    bytes.addAndGet(wire.bytes(values.length));
    if (!one.finite) {
      notFinite = describeNonFinite(message, values);
    }
    ShardTree.Sums<float[]> slot =
        sums.computeIfAbsent(message.slot(), s -> new ShardTree.Sums<>(this::add));
    synchronized (slot) {
      slot.put(message.node(), values);
      return slot.take(ShardTree.ROOT);
    }
  }

  private float[] add(float[] left, float[] right) {
    wire.add(left, right);
    pool.release(right);
    return left;
  }

  private Gradient arrived(Message message) {
    Gradient one = arrived.remove(message);
    if (one == null || !one.whole().isDone()) {
      throw new IllegalStateException(
          "Refused " + message.where() + ": its gradient has not arrived");
    }
    try {
      one.whole().join();
      return one;
    } catch (CompletionException e) {
      throw new IllegalArgumentException(
          "Cannot read gradient of " + message.where() + ": " + e.getCause().getMessage(), e);
    }
  }

  private String describeNonFinite(Message message, float[] values) {
    int i = 0;
    while (Float.isFinite(values[i])) {
      i++;
    }
    ParameterLayout.TensorRange tensor =
        spec.layout().tensor(buckets.offset(message.slot().bucket()) + i);
    return "worker %d sent %s for %s".formatted(message.worker(), values[i], tensor.name());
  }

  /**
   * Notes a gradient that was added, and answers the pushes that are within the window of the
   * slowest worker's.
   *
   * @param total the slot's sum over all shards, or null
   */
  void pushed(Message message, float[] total, RpcResponseCallback answer) {
    pushed[message.worker()]++;
    held.add(new Held(message.slot(), answer));
    if (total != null) {
      gradient[message.slot().part()][message.slot().bucket()] = total;
    }
    int limit = lowest() + Mailbox.WINDOW;
    for (int i = held.size(); i > 0; i--) {
      Held one = held.poll();
      if (one.slot.place(order) < limit) {
        one.answer.onSuccess(ByteBuffer.allocate(0));
      } else {
        held.add(one);
      }
    }
  }

  /** The place of the first slot that is not complete. */
  private int lowest() {
    for (int part = 0; part < gradient.length; part++) {
      for (int place = 0; place < order.count(); place++) {
        if (gradient[part][order.bucket(place)] == null) {
          return part * order.count() + place;
        }
      }
    }
    return gradient.length * order.count();
  }

  /** Whether the sums of all slots are complete. */
  boolean complete() {
    return complete(gradient.length);
  }

  /** Whether all sums at the step's own weights are complete, and the moved ones are to be made. */
  boolean awaitsMoved() {
    return spec.sharpness().any() && moved == null && complete(spec.gradientMode().parts());
  }

  private boolean complete(int parts) {
    return Arrays.stream(gradient, 0, parts)
        .flatMap(Arrays::stream)
        .noneMatch(bucket -> bucket == null);
  }

  /**
   * Makes the moved weights out of the forget terms' gradient, whose buckets they take.
   *
   * @param weights of the step
   * @return what {@link #movedTo} takes
   */
  float[][] move(float[][] weights) {
    float[][] forget = gradient[0];
    spec.sharpness().move(weights, forget);
    return forget;
  }

  void movedTo(float[][] weights) {
    moved = weights;
  }

  /** The moved weights, bucket by bucket; null before they are made. */
  float[][] moved() {
    return moved;
  }

  /**
   * The collected step.
   *
   * @param attempt of the stage
   * @param joinedNanos when its last worker had joined
   * @throws IllegalStateException when a worker has sent no report
   */
  CollectedStep collected(int attempt, long joinedNanos) {
    for (int w = 0; w < reports.length; w++) {
      if (reports[w] == null) {
        throw new IllegalStateException(
            "Worker %d has sent its gradient of step %d without a report".formatted(w, step + 1));
      }
    }
    return new CollectedStep(
        step,
        attempt,
        applied(),
        List.of(reports),
        bytes.get(),
        joinedNanos,
        Optional.ofNullable(notFinite));
  }

  /** The vectors that the step is made of: moved weights have stood in for the first one's. */
  private float[][][] applied() {
    int parts = spec.gradientMode().parts();
    float[][][] vectors = Arrays.copyOf(gradient, parts);
    if (spec.sharpness().any()) {
      vectors[0] = gradient[parts];
    }
    return vectors;
  }

  /** Which workers are behind, and how many messages they have sent. */
  String slowest() {
    int least = Arrays.stream(pushed).min().orElse(0);
    String slowest =
        IntStream.range(0, pushed.length)
            .filter(w -> pushed[w] == least)
            .mapToObj(String::valueOf)
            .collect(Collectors.joining(", "));
    return "worker " + slowest + ", which has sent " + least + " of its gradient messages";
  }

  /** Returns its buckets to the pool, once the step is applied. */
  void release() {
    Arrays.stream(gradient).flatMap(Arrays::stream).forEach(pool::release);
  }

  /** Refuses those who still wait for an answer. */
  void refuse(RuntimeException cause) {
    held.forEach(one -> one.answer.onFailure(cause));
    held.clear();
    probes.ifPresent(p -> p.refuse(cause));
  }

  /** One bucket of one node. */
  private static final class Gradient extends IncomingBucket {
    private boolean finite = true;

    Gradient(Message message, WireFormat wire, float[] values) {
      super(message.where(), wire, values);
    }

    @Override
    void look(float[] some, int from, int to) {
      finite &= FiniteCheck.finite(some, from, to);
    }
  }
}
