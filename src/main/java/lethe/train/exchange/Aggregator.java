package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.StepGradient;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.AdamW;
import lethe.train.steering.ProbeDecision;
import lethe.train.steering.TargetController;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;

/**
 * The driver's half of the exchange: adds the workers' gradients bucket by bucket as they arrive,
 * applies the step once all are there, and sends the new weights. It owns the truth: weights,
 * moments and the step number are nowhere else.
 *
 * <p>Gradients and weights travel as streams: a message would be put together whole, and copied
 * twice, before it is read. A gradient's stream is followed by a message that tells of it, whose
 * answer can be held back; weights are asked for by a message, and fetched once it is answered.
 *
 * <p>Memory is bounded: a worker that is more than {@link #WINDOW} buckets ahead of the slowest
 * gets no answer until that one has caught up, and a sender keeps only so many messages unanswered.
 * Sums of different buckets are made at the same time by the threads of the transport; everything
 * else holds this object's lock.
 */
public final class Aggregator extends RpcHandler implements AutoCloseable {
  /** Buckets a worker may be ahead of the slowest. */
  public static final int WINDOW = 8;

  /** What happens, in order. */
  public interface Listener {
    /** All workers of an attempt are there. */
    void begun(int attempt);

    /**
     * Looks at the reports of a step before it is applied.
     *
     * @return why it must not be, if it must not
     */
    default Optional<String> objection(int step, List<WorkerReport> reports) {
      return Optional.empty();
    }

    /**
     * @param step that was applied, from 0
     * @param attempt of the stage that did it
     * @param reports of the workers, by worker
     * @param gradient before clipping
     * @param rate it was applied with
     * @param bytes of gradients and weights that were sent for it
     */
    void applied(
        int step,
        int attempt,
        List<WorkerReport> reports,
        StepGradient gradient,
        double rate,
        long bytes);
  }

  private static final SecureRandom RANDOM = new SecureRandom();

  private record Pull(Message message, RpcResponseCallback answer) {}

  private record Held(int bucket, RpcResponseCallback answer) {}

  private final Buckets buckets;
  private final AdamW optimizer;
  private final ExchangeSpec exchange;
  private final WireFormat wire;
  private final int sides;
  private final WorkerEnvironment environment;
  private final Listener listener;
  private final BooleanSupplier stopping;
  private final Optional<TargetController> steering;
  private final int launch;
  private final int workers;
  private final ExecutorService applying = Executors.newSingleThreadExecutor(r -> daemon(r));
  private final BufferPool spares = new BufferPool();

  private int attempt = -1;
  private Round round;
  private final List<Pull> pulls = new ArrayList<>();
  private final Set<Integer> greeted = new HashSet<>();
  private RuntimeException failure;
  private String givenUp;
  private boolean halted;

  /** One step of one attempt as it comes in; dropped whole when the attempt is replaced. */
  private final class Round {
    final int step;
    final String key = key();
    final Map<Message, Gradient> arrived = new ConcurrentHashMap<>();
    final List<ShardTree.Sums<float[]>> sums = new ArrayList<>();
    final float[][] gradient = new float[sides * buckets.count()][];
    final WorkerReport[] reports = new WorkerReport[workers];
    final Deque<Held> held = new ArrayDeque<>();
    final Optional<ProbeCollector> probes =
        steering.map(s -> new ProbeCollector(s, s.tree(), workers));
    final int[] pushed = new int[workers];
    final long begun = System.nanoTime();
    final AtomicLong bytes = new AtomicLong();
    int complete;
    String notFinite;

    Round(int step) {
      this.step = step;
      for (int b = 0; b < gradient.length; b++) {
        sums.add(new ShardTree.Sums<>(this::add));
      }
    }

    private float[] add(float[] left, float[] right) {
      wire.add(left, right);
      spares.release(right);
      return left;
    }

    /** The first bucket, of any side, that is not complete. */
    int lowest() {
      int b = 0;
      while (b < gradient.length && gradient[b] != null) {
        b++;
      }
      return b;
    }
  }

  /**
   * @param optimizer the master weights; changed by this alone until it is closed
   * @param environment what workers run on, of all launches
   * @param stopping whether no step is to begin any more
   */
  public Aggregator(
      ExchangeSpec exchange,
      AdamW optimizer,
      WorkerEnvironment environment,
      Listener listener,
      BooleanSupplier stopping,
      Optional<TargetController> steering) {
    this.exchange = exchange;
    this.buckets = exchange.layout().buckets();
    this.wire = exchange.wire();
    this.sides = exchange.separation().parts();
    this.launch = exchange.launch();
    this.workers = exchange.workers();
    this.optimizer = optimizer;
    this.environment = environment;
    this.listener = listener;
    this.stopping = stopping;
    this.steering = steering;
  }

  @Override
  public void receive(TransportClient client, ByteBuffer body, RpcResponseCallback answer) {
    try {
      Message message = Message.read(body);
      switch (message.kind()) {
        case HELLO -> hello(message, body, answer);
        case PULL -> pull(message, answer);
        case REPORT -> report(message, body, answer);
        case PUSH -> push(message, answer);
        case PROBE -> probe(message, body, answer);
        case UNABLE -> unable(message, body, answer);
      }
    } catch (RuntimeException e) {
      answer.onFailure(e);
    }
  }

  private synchronized void hello(Message message, ByteBuffer body, RpcResponseCallback answer) {
    if (message.launch() != launch || message.attempt() < attempt) {
      throw new IllegalStateException(
          "Refused "
              + message.where()
              + ": launch "
              + message.launch()
              + " attempt "
              + message.attempt()
              + " has been replaced by "
              + launch
              + "."
              + attempt);
    }
    if (message.attempt() > attempt) {
      attempt = message.attempt();
      round = new Round(optimizer.steps());
      pulls.clear();
      greeted.clear();
    }
    String[] said = StandardCharsets.UTF_8.decode(body).toString().split("\n", 3);
    String expected = exchange.greeting();
    if (!said[0].equals(expected)) {
      throw new IllegalStateException(
          "Refused worker "
              + message.worker()
              + ": it runs "
              + said[0]
              + ", the driver "
              + expected);
    }
    try {
      environment.check(message.worker(), said[1]);
      environment.place(launch + "." + attempt, message.worker(), said.length > 2 ? said[2] : "");
    } catch (IllegalStateException e) {
      fail(e); // another attempt would find the same machines
      throw e;
    }
    if (!greeted.add(message.worker())) {
      throw new IllegalStateException(
          "Refused a second worker " + message.worker() + " of launch " + launch + "." + attempt);
    }
    if (greeted.size() == workers) {
      environment.complete();
      listener.begun(attempt);
    }
    ProbeDecision orders = steering.map(TargetController::orders).orElse(ProbeDecision.UNSTEERED);
    ByteBuffer start = ByteBuffer.allocate(4 + orders.bytes()).putInt(optimizer.steps());
    orders.write(start);
    answer.onSuccess(start.flip());
  }

  private synchronized void unable(Message message, ByteBuffer body, RpcResponseCallback answer) {
    if (message.launch() == launch && message.attempt() >= attempt && failure == null) {
      fail(
          new IllegalStateException(
              "Worker %d cannot go on: %s"
                  .formatted(message.worker(), StandardCharsets.UTF_8.decode(body))));
    }
    answer.onSuccess(ByteBuffer.allocate(0));
  }

  /** Whether all workers of the newest attempt are there. */
  public synchronized boolean allJoined() {
    return greeted.size() == workers;
  }

  /** An executor is gone: the workers there were are not complete until a newer attempt's are. */
  public synchronized void executorLost() {
    greeted.clear();
  }

  /** What there is to say of a step that takes longer than it may: which workers are behind. */
  public synchronized Optional<String> stepTimeout(Duration timeout) {
    if (round == null || !allJoined() || System.nanoTime() - round.begun < timeout.toNanos()) {
      return Optional.empty();
    }
    int least = Arrays.stream(round.pushed).min().orElse(0);
    String slowest =
        IntStream.range(0, workers)
            .filter(w -> round.pushed[w] == least)
            .mapToObj(String::valueOf)
            .collect(Collectors.joining(", "));
    return Optional.of(
        "step "
            + (round.step + 1)
            + " took longer than train.step-timeout ("
            + timeout.toSeconds()
            + " s); slowest: worker "
            + slowest
            + ", which has sent "
            + least
            + " of its messages");
  }

  /** Refuses all further work of this launch, for a reason that another launch may get over. */
  public synchronized void abandon(String why) {
    if (failure == null) {
      givenUp = why;
      fail(new IllegalStateException(why));
    }
  }

  /** Whether a step was the last because a stop is asked for: no other begins. */
  public synchronized boolean halted() {
    return halted;
  }

  /** Why this launch was given up, if it was. */
  public synchronized Optional<String> givenUp() {
    return Optional.ofNullable(givenUp);
  }

  private void pull(Message message, RpcResponseCallback answer) {
    Pull pull = new Pull(message, answer);
    Round current;
    synchronized (this) {
      check(message);
      current = round;
      if (message.step() == optimizer.steps() + 1 || halted) {
        pulls.add(pull);
        return;
      }
      if (message.step() != optimizer.steps()) {
        throw new IllegalStateException(
            "Refused " + message.where() + ": the driver is at step " + (optimizer.steps() + 1));
      }
    }
    answer(pull, current);
  }

  /** What only those know who were told it. */
  private static String key() {
    byte[] key = new byte[16];
    RANDOM.nextBytes(key);
    return HexFormat.of().formatHex(key);
  }

  /** Tells a worker how to fetch the current weights. */
  private static void answer(Pull pull, Round current) {
    pull.answer.onSuccess(ByteBuffer.wrap(current.key.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * A bucket of the current weights, by key and number. They are read while they are sent, without
   * a lock: they change only when every worker of the attempt has sent its gradient, which this one
   * has not before it has its weights.
   */
  private OutgoingBucket weights(String id) {
    Round current;
    synchronized (this) {
      current = round;
    }
    String[] said = id.split("/", 2);
    if (current == null || !current.key.equals(said[0])) {
      throw new IllegalStateException("Refused to send weights: not those of the current step");
    }
    float[] weights = optimizer.weights(Integer.parseInt(said[1]));
    current.bytes.addAndGet(wire.bytes(weights.length));
    return new OutgoingBucket(weights, wire);
  }

  private synchronized void report(Message message, ByteBuffer body, RpcResponseCallback answer) {
    check(message);
    checkStep(message);
    round.reports[message.worker()] = WorkerReport.read(body);
    answer.onSuccess(ByteBuffer.allocate(0));
  }

  private synchronized void probe(Message message, ByteBuffer body, RpcResponseCallback answer) {
    check(message);
    checkStep(message);
    round
        .probes
        .orElseThrow(
            () -> new IllegalStateException("Refused " + message.where() + ": nothing steers"))
        .put(message, body, answer, optimizer::copyWeights);
  }

  /** A gradient begins to arrive. What is of no use any more is received, too, and then refused. */
  @Override
  public StreamCallbackWithID receiveStream(
      TransportClient client, ByteBuffer head, RpcResponseCallback answer) {
    Message message = Message.read(head);
    Round current;
    synchronized (this) {
      boolean useful = message.launch() == launch && message.attempt() == attempt;
      current = useful && message.step() == round.step ? round : null;
    }
    if (current == null) {
      return new IncomingBucket(message.where(), wire, new float[0]);
    }
    float[] values = spares.acquire(buckets.length(message.bucket() % buckets.count()));
    Gradient gradient = new Gradient(message, wire, values);
    current.arrived.put(message, gradient);
    return gradient;
  }

  private void push(Message message, RpcResponseCallback answer) {
    Round current;
    synchronized (this) {
      check(message);
      checkStep(message);
      current = round;
    }
    Gradient gradient = arrived(message, current);
    float[] values = gradient.whole().join();
    current.bytes.addAndGet(wire.bytes(values.length));
    if (!gradient.finite) {
      synchronized (this) {
        current.notFinite = where(message, values);
      }
    }
    ShardTree.Sums<float[]> sums = current.sums.get(message.bucket());
    float[] total;
    synchronized (sums) {
      sums.put(message.node(), values);
      total = sums.take(ShardTree.ROOT);
    }
    synchronized (this) {
      if (current != round) {
        return; // a newer attempt has begun: nobody waits for this answer
      }
      current.pushed[message.worker()]++;
      current.held.add(new Held(message.bucket(), answer));
      if (total != null) {
        current.gradient[message.bucket()] = total;
        current.complete++;
      }
      release(current);
      if (current.complete == current.gradient.length) {
        applying.execute(() -> applyOrFail(current));
      }
    }
  }

  private static Gradient arrived(Message message, Round current) {
    Gradient gradient = current.arrived.remove(message);
    if (gradient == null || !gradient.whole().isDone()) {
      throw new IllegalStateException(
          "Refused " + message.where() + ": its gradient has not arrived");
    }
    try {
      gradient.whole().join();
      return gradient;
    } catch (CompletionException e) {
      throw new IllegalArgumentException(
          "Cannot read gradient of " + message.where() + ": " + e.getCause().getMessage(), e);
    }
  }

  /** One bucket of one node. */
  private static final class Gradient extends IncomingBucket {
    private boolean finite = true;

    Gradient(Message message, WireFormat wire, float[] values) {
      super(message.where(), wire, values);
    }

    @Override
    void look(float[] some, int from, int to) {
      finite &= finite(some, from, to);
    }
  }

  /**
   * A product with zero is zero, or not a number where the factor was not finite. Eight sums, since
   * one would wait for itself at every element.
   */
  public static boolean finite(float[] values, int from, int to) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    float e = 0;
    float f = 0;
    float g = 0;
    float h = 0;
    int i = from;
    for (; i + 7 < to; i += 8) {
      a += values[i] * 0;
      b += values[i + 1] * 0;
      c += values[i + 2] * 0;
      d += values[i + 3] * 0;
      e += values[i + 4] * 0;
      f += values[i + 5] * 0;
      g += values[i + 6] * 0;
      h += values[i + 7] * 0;
    }
    for (; i < to; i++) {
      a += values[i] * 0;
    }
    return a + b + c + d + e + f + g + h == 0;
  }

  private String where(Message message, float[] values) {
    int i = 0;
    while (Float.isFinite(values[i])) {
      i++;
    }
    int bucket = message.bucket() % buckets.count();
    ParameterLayout.TensorRange tensor = exchange.layout().tensor(buckets.offset(bucket) + i);
    return "worker %d sent %s for %s".formatted(message.worker(), values[i], tensor.name());
  }

  /** Answers the pushes that are near enough to the slowest worker's. */
  private static void release(Round current) {
    int limit = current.lowest() + WINDOW;
    for (int i = current.held.size(); i > 0; i--) {
      Held held = current.held.poll();
      if (held.bucket < limit) {
        held.answer.onSuccess(ByteBuffer.allocate(0));
      } else {
        current.held.add(held);
      }
    }
  }

  private void applyOrFail(Round finished) {
    try {
      apply(finished);
    } catch (RuntimeException | Error e) {
      synchronized (this) {
        fail(
            new IllegalStateException(
                "Cannot go on after step " + (finished.step + 1) + ": " + e.getMessage(), e));
      }
    }
  }

  private void apply(Round finished) {
    List<WorkerReport> reports;
    int finishedAttempt;
    StepGradient gradient = StepGradient.of(finished.gradient, exchange.separation());
    double rate = exchange.schedule().rate(finished.step);
    synchronized (this) {
      if (finished != round || failure != null) {
        return;
      }
      reports = List.of(finished.reports);
      if (!Double.isFinite(gradient.norm())) {
        fail(
            new IllegalStateException(
                "Refused step "
                    + (finished.step + 1)
                    + " before it was applied: "
                    + (finished.notFinite == null
                        ? "the sum of its gradients is not finite"
                        : finished.notFinite)
                    + "; a lower train.learning-rate or train.max-grad-norm may keep it finite"));
        return;
      }
      Optional<String> objection = listener.objection(finished.step, reports);
      if (objection.isPresent()) {
        fail(
            new IllegalStateException(
                "Refused step %d before it was applied: %s"
                    .formatted(finished.step + 1, objection.get())));
        return;
      }
      finishedAttempt = attempt;
      optimizer.advance();
      IntStream.range(0, buckets.count())
          .parallel()
          .forEach(b -> optimizer.update(b, finished.gradient[b], gradient.norm(), rate));
      round = new Round(finished.step + 1);
    }
    for (float[] bucket : finished.gradient) {
      spares.release(bucket);
    }
    listener.applied(finished.step, finishedAttempt, reports, gradient, rate, finished.bytes.get());
    List<Pull> ready;
    Round next;
    synchronized (this) {
      if (stopping.getAsBoolean()) {
        halted = true; // the workers' pulls stay unanswered; they are cancelled
        return;
      }
      // A worker may already be a step ahead: this thread may be late, and then the next step is
      // still to be applied.
      ready = pulls.stream().filter(p -> p.message.step() == optimizer.steps()).toList();
      pulls.removeAll(ready);
      next = round;
    }
    ready.forEach(pull -> answer(pull, next));
  }

  private void fail(RuntimeException cause) {
    failure = cause;
    pulls.forEach(p -> p.answer.onFailure(cause));
    pulls.clear();
    if (round != null) {
      round.probes.ifPresent(p -> p.fail(cause));
    }
  }

  /** Why no launch can go on, if none can: the gradient was not finite. */
  public synchronized Optional<RuntimeException> failure() {
    return givenUp == null ? Optional.ofNullable(failure) : Optional.empty();
  }

  private void check(Message message) {
    if (failure != null) {
      throw failure;
    }
    if (message.launch() != launch || message.attempt() != attempt) {
      throw new IllegalStateException(
          "Refused "
              + message.where()
              + ": launch "
              + message.launch()
              + " attempt "
              + message.attempt()
              + " is not the current "
              + launch
              + "."
              + attempt);
    }
  }

  private void checkStep(Message message) {
    if (message.step() != round.step) {
      throw new IllegalStateException(
          "Refused " + message.where() + ": the driver is at step " + (round.step + 1));
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "lethe-aggregator");
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public StreamManager getStreamManager() {
    return new StreamManager() {
      @Override
      public ManagedBuffer getChunk(long stream, int chunk) {
        // Spark's shuffle fetches so; no worker of Lethe does.
        throw new UnsupportedOperationException("Weights are fetched as streams");
      }

      @Override
      public ManagedBuffer openStream(String id) {
        return weights(id);
      }
    };
  }

  /**
   * Waits until a step whose gradients are all there is applied; none is applied afterwards. The
   * workers of the last step end before it is: given up sooner, it would be done again.
   */
  @Override
  public void close() {
    applying.shutdown();
    try {
      if (!applying.awaitTermination(10, TimeUnit.MINUTES)) {
        throw new IllegalStateException("A step is still being applied after ten minutes");
      }
      abandon("the launch has ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a step was applied", e);
    }
  }
}
