package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.Sharpness;
import lethe.train.steering.ProbeDecision;
import org.apache.commons.lang3.StringUtils;
import org.apache.commons.lang3.math.NumberUtils;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;

/**
 * The driver's half of the exchange: collects what the workers of one launch send for a step and
 * hands out the weights. It decides nothing: the driver's loop takes what is collected, does the
 * step, and publishes the next one.
 *
 * <pre>
 *   publish(k)   the workers' turn: they join, fetch the weights of step k, send probes and gradients
 *   collect(k)   all has arrived: the driver's turn; any request waits for publish(k + 1). With
 *                {@link Sharpness} there is a driver's turn before, in which weights are moved
 * </pre>
 *
 * A newer attempt of the stage drops what the older one has sent and repeats its step; during the
 * driver's turn it waits, so that a complete step is never repeated.
 *
 * <p>Gradients and weights travel as streams: a message would be put together whole, and copied
 * twice, before it is read. A gradient's stream is followed by a message that announces it, whose
 * answer can be held back; weights are asked for by a message, and fetched once it is answered.
 *
 * <p>Memory is bounded: a worker that is more than {@link #WINDOW} buckets ahead of the slowest
 * gets no answer until that one has caught up, and a sender keeps only so many messages unanswered.
 *
 * <p>This object's lock is held for bookkeeping alone: neither while gradients are added nor during
 * the driver's turn.
 */
public final class Mailbox extends RpcHandler {
  /** Buckets a worker may be ahead of the slowest. */
  public static final int WINDOW = 8;

  /** The state of the newest attempt of the launch. */
  private enum State {
    /** Some of its workers have not joined, or an executor is lost. */
    GATHERING,
    /** All its workers have joined. */
    JOINED,
    /** The launch has ended: nothing more is accepted. */
    ENDED
  }

  /** A message that is answered later, unless it is refused by then. */
  private record Waiting(Runnable again, RpcResponseCallback answer) {}

  private final ExchangeSpec spec;
  private final float[][] weights;
  private final WorkerEnvironment environment;
  private final Optional<ShardTree> probes;
  private final BufferPool pool = new BufferPool();

  private State state = State.GATHERING;
  private Ended ended; // where the state is ENDED
  private int attempt = -1;
  private final Set<Integer> joined = new HashSet<>();
  private long joinedNanos = System.nanoTime();
  private boolean workersTurn;
  private ProbeDecision decision = ProbeDecision.UNSTEERED;
  private StepCollector current; // null before the first step is published
  private final List<Waiting> waiting = new ArrayList<>();

  /**
   * @param weights bucket by bucket, trained ones first; changed by the driver in its turn alone
   * @param environment what the workers of all launches run on
   * @param probes the tree of the shards, where a target steers
   */
  public Mailbox(
      ExchangeSpec spec,
      float[][] weights,
      WorkerEnvironment environment,
      Optional<ShardTree> probes) {
    this.spec = spec;
    this.weights = weights;
    this.environment = environment;
    this.probes = probes;
  }

  // --- The driver's side

  public ExchangeSpec spec() {
    return spec;
  }

  /**
   * Begins a step: answers workers that wait for its weights or have joined in the meantime.
   *
   * @param step from 0
   * @param holds the decision that the workers follow
   */
  public synchronized void publish(int step, ProbeDecision holds) {
    if (current != null) {
      current.release();
    }
    decision = holds;
    current = collector(step);
    giveTurn();
  }

  /**
   * Waits until all sums of a step's probe have arrived. From then on it is the driver's turn.
   *
   * @return by domain, nats; empty when the launch has ended before
   */
  public synchronized Optional<double[]> collectProbe(int step) {
    awaitAll(step, () -> current.probes().flatMap(ProbeCollector::total).isPresent());
    return current.probes().flatMap(ProbeCollector::total);
  }

  /** Answers a probe: the step goes on, or training ends. */
  public synchronized void decide(ProbeDecision holds) {
    decision = holds;
    current.probes().ifPresent(p -> p.answer(holds));
    giveTurn();
  }

  /**
   * Waits until all gradients of a step have arrived. From then on it is the driver's turn.
   *
   * @return empty when the launch has ended before
   */
  public Optional<CollectedStep> collect(int step) {
    while (true) {
      StepCollector waiting;
      synchronized (this) {
        awaitAll(step, () -> current.complete() || current.awaitsMoved());
        if (current.complete()) {
          return Optional.of(current.collected(attempt, joinedNanos));
        }
        if (!current.awaitsMoved()) {
          return Optional.empty();
        }
        waiting = current; // no newer attempt replaces it in the driver's turn
      }
      float[][] moved = waiting.move(weights);
      synchronized (this) {
        waiting.movedTo(moved);
        giveTurn();
      }
    }
  }

  private interface Condition {
    boolean holds();
  }

  private void awaitAll(int step, Condition all) {
    if (current.step() != step) {
      throw new IllegalStateException(
          "Cannot collect step %d: step %d is published".formatted(step + 1, current.step() + 1));
    }
    try {
      while (!all.holds() && state != State.ENDED) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while step " + (step + 1) + " was collected", e);
    }
  }

  /** Refuses everything from now on; the first of several reasons is kept. */
  public synchronized void end(Ended how) {
    if (state == State.ENDED) {
      return;
    }
    state = State.ENDED;
    ended = how;
    refuseWaiting(how.cause());
    notifyAll();
  }

  /** How the launch has ended, if it has. */
  public synchronized Optional<Ended> ended() {
    return Optional.ofNullable(ended);
  }

  /** Whether all workers of the newest attempt have joined. */
  public synchronized boolean allJoined() {
    return state == State.JOINED;
  }

  /**
   * An executor is lost: the workers count as incomplete until all of a newer attempt have joined.
   */
  public synchronized void executorLost() {
    joined.clear();
    if (state == State.JOINED) {
      state = State.GATHERING;
    }
  }

  /** A sentence naming the slowest workers if the current step has exceeded its timeout. */
  public synchronized Optional<String> stepTimeout(Duration timeout) {
    if (state != State.JOINED
        || !workersTurn
        || System.nanoTime() - current.begun() < timeout.toNanos()) {
      return Optional.empty();
    }
    return Optional.of(
        "step "
            + (current.step() + 1)
            + " took longer than train.step-timeout ("
            + timeout.toSeconds()
            + " s); slowest: "
            + current.slowest());
  }

  // --- The workers' side

  @Override
  public void receive(TransportClient client, ByteBuffer body, RpcResponseCallback answer) {
    answering(
        answer,
        () -> {
          Message message = read(body);
          switch (message.kind()) {
            case HELLO -> hello(message, StandardCharsets.UTF_8.decode(body).toString(), answer);
            case PULL -> pull(message, answer);
            case REPORT -> report(message, WorkerReport.read(body), answer);
            case PUSH -> push(message, answer);
            case PROBE -> probe(message, body, answer);
            case UNABLE -> unable(message, body, answer);
            case PULL_MOVED -> pullMoved(message, answer);
          }
        });
  }

  /** Reads a message's head, and refuses what no worker of this launch can mean. */
  private Message read(ByteBuffer body) {
    Message message = Message.read(body);
    Slot slot = message.slot();
    boolean possible =
        message.attempt() >= 0
            && in(message.worker(), spec.workers())
            && (message.kind() != Message.Kind.PUSH
                || spec.tree().roots(message.worker(), spec.workers()).contains(message.node()))
            && in(slot.part(), spec.parts())
            && in(slot.bucket(), spec.layout().buckets().count());
    if (!possible) {
      throw new IllegalStateException("Refused a message that no worker of this launch sends");
    }
    return message;
  }

  private static boolean in(int value, int count) {
    return value >= 0 && value < count;
  }

  /** Sends whatever the work throws as the answer. */
  private static void answering(RpcResponseCallback answer, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      answer.onFailure(e);
    }
  }

  private synchronized void hello(Message message, String greeting, RpcResponseCallback answer) {
    if (message.launch() != spec.launch() || message.attempt() < attempt) {
      throw new IllegalStateException(
          "Refused %s: launch %d attempt %d has been replaced by %s"
              .formatted(message.where(), message.launch(), message.attempt(), newest()));
    }
    refuseEnded();
    if (!workersTurn) {
      waiting.add(new Waiting(() -> hello(message, greeting, answer), answer));
      return;
    }
    if (message.attempt() > attempt) {
      replaceAttempt(message.attempt());
    }
    join(message.worker(), greeting.split("\n", 3));
    ByteBuffer start = ByteBuffer.allocate(4 + decision.bytes()).putInt(current.step());
    decision.write(start);
    answer.onSuccess(start.flip());
  }

  /** Drops what the older attempt has sent for the step. */
  private void replaceAttempt(int newer) {
    refuseWaiting(
        new IllegalStateException(
            "launch %s has been replaced by attempt %d".formatted(newest(), newer)));
    attempt = newer;
    joined.clear();
    state = State.GATHERING;
    current = collector(current.step());
  }

  private void join(int worker, String[] greeting) {
    String expected = spec.greeting();
    if (greeting.length < 2 || !greeting[0].equals(expected)) {
      throw new IllegalStateException(
          "Refused worker %d: it runs %s, the driver %s".formatted(worker, greeting[0], expected));
    }
    try {
      environment.check(worker, greeting[1]);
      environment.place(newest(), worker, greeting.length > 2 ? greeting[2] : "");
    } catch (IllegalStateException e) {
      end(Ended.failed(e)); // another attempt would find the same machines
      throw e;
    }
    if (!joined.add(worker)) {
      throw new IllegalStateException(
          "Refused a second worker " + worker + " of launch " + newest());
    }
    if (joined.size() == spec.workers()) {
      state = State.JOINED;
      joinedNanos = System.nanoTime();
      environment.complete();
    }
  }

  private synchronized void unable(Message message, ByteBuffer body, RpcResponseCallback answer) {
    if (message.launch() == spec.launch() && message.attempt() >= attempt) {
      boolean settings = body.hasRemaining() && body.get() == Message.WRONG_SETTINGS;
      String why =
          "Worker %d cannot continue: %s"
              .formatted(message.worker(), StandardCharsets.UTF_8.decode(body));
      end(Ended.failed(settings ? new InvalidSettings(why) : new IllegalStateException(why)));
    }
    answer.onSuccess(ByteBuffer.allocate(0));
  }

  /** Answers how to fetch the weights with which a step begins, once they are published. */
  private synchronized void pull(Message message, RpcResponseCallback answer) {
    check(message);
    if (message.step() == current.step() + 1) {
      waiting.add(new Waiting(() -> pull(message, answer), answer));
      return;
    }
    checkStep(message);
    answer.onSuccess(ByteBuffer.wrap(current.key().getBytes(StandardCharsets.UTF_8)));
  }

  /** Answers how to fetch the moved weights of the step, once they are made. */
  private synchronized void pullMoved(Message message, RpcResponseCallback answer) {
    check(message);
    if (message.step() == current.step() && spec.sharpness().any() && current.moved() == null) {
      waiting.add(new Waiting(() -> pullMoved(message, answer), answer));
      return;
    }
    checkStep(message);
    if (current.moved() == null) {
      throw new IllegalStateException(
          "Refused " + message.where() + ": no weights are moved in this training");
    }
    answer.onSuccess(ByteBuffer.wrap(current.movedKey().getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * A bucket of the current weights, or of those moved from them, by key and number. They are read
   * while they are sent, without a lock: they change only in the driver's turn, which begins only
   * when every worker of the attempt has sent its gradient, and this one cannot before it has the
   * weights.
   */
  private synchronized OutgoingBucket weights(String id) {
    String key = StringUtils.substringBefore(id, "/");
    int bucket = NumberUtils.toInt(StringUtils.substringAfter(id, "/"), -1);
    float[][] asked = current == null ? null : byKey(key);
    if (asked == null || !in(bucket, asked.length)) {
      throw new IllegalStateException("Refused to send weights: not those of the current step");
    }
    current.sent(asked[bucket].length);
    return new OutgoingBucket(asked[bucket], spec.wire());
  }

  /** The weights that a key stands for; null for none. */
  private float[][] byKey(String key) {
    return key.equals(current.key())
        ? weights
        : key.equals(current.movedKey()) ? current.moved() : null;
  }

  private synchronized void report(
      Message message, WorkerReport report, RpcResponseCallback answer) {
    check(message);
    checkStep(message);
    current.report(message, report);
    answer.onSuccess(ByteBuffer.allocate(0));
  }

  private synchronized void probe(Message message, ByteBuffer body, RpcResponseCallback answer) {
    check(message);
    checkStep(message);
    if (current.probes().isEmpty() || message.step() != decision.nextProbeStep()) {
      throw new IllegalStateException(
          "Refused " + message.where() + ": no probe is asked for at this step");
    }
    ProbeCollector sums = current.probes().get();
    sums.put(message, body, answer);
    if (sums.total().isPresent()) {
      takeTurn();
    }
  }

  /**
   * A gradient begins to arrive. One that is no longer of use is received, too, and then refused.
   */
  @Override
  public StreamCallbackWithID receiveStream(
      TransportClient client, ByteBuffer head, RpcResponseCallback answer) {
    Message message = read(head);
    StepCollector step;
    synchronized (this) {
      boolean useful = message.launch() == spec.launch() && message.attempt() == attempt;
      step = useful && workersTurn && message.step() == current.step() ? current : null;
    }
    return step == null ? StepCollector.dropping(message, spec) : step.stream(message);
  }

  /**
   * Bytes of the gradient that a stream with this head carries, in the clear; empty when no worker
   * of this launch sends such a stream.
   */
  OptionalLong gradientBytes(ByteBuffer head) {
    try {
      Message message = read(head);
      return message.kind() == Message.Kind.PUSH
          ? OptionalLong.of(
              spec.wire().bytes(spec.layout().buckets().length(message.slot().bucket())))
          : OptionalLong.empty();
    } catch (IllegalArgumentException | IllegalStateException e) {
      return OptionalLong.empty();
    }
  }

  private void push(Message message, RpcResponseCallback answer) {
    StepCollector step;
    synchronized (this) {
      check(message);
      checkStep(message);
      step = current;
    }
    if (!step.announce(message)) {
      return;
    }
    float[] total = step.add(message);
    synchronized (this) {
      refuseEnded();
      if (step != current) {
        return; // a newer attempt has begun: nobody waits for this answer
      }
      step.pushed(message, total, answer);
      if (total != null && (step.complete() || step.awaitsMoved())) {
        takeTurn();
      }
    }
  }

  /** All that the driver waits for has arrived. */
  private void takeTurn() {
    workersTurn = false;
    notifyAll();
  }

  private void giveTurn() {
    workersTurn = true;
    List<Waiting> now = List.copyOf(waiting);
    waiting.clear();
    now.forEach(one -> answering(one.answer, one.again));
  }

  private StepCollector collector(int step) {
    return new StepCollector(
        spec,
        pool,
        step,
        probes.map(tree -> new ProbeCollector(tree, spec.workers(), decision.weights().length)));
  }

  private void refuseWaiting(RuntimeException cause) {
    waiting.forEach(one -> one.answer.onFailure(cause));
    waiting.clear();
    if (current != null) {
      current.refuse(cause);
    }
  }

  private void refuseEnded() {
    if (state == State.ENDED) {
      throw ended.cause();
    }
  }

  private String newest() {
    return spec.launch() + "." + attempt;
  }

  private void check(Message message) {
    refuseEnded();
    if (message.launch() != spec.launch() || message.attempt() != attempt || current == null) {
      throw new IllegalStateException(
          "Refused %s: launch %d attempt %d is not the current %s"
              .formatted(message.where(), message.launch(), message.attempt(), newest()));
    }
  }

  private void checkStep(Message message) {
    if (message.step() != current.step() || !workersTurn) {
      throw new IllegalStateException(
          "Refused " + message.where() + ": the driver is at step " + (current.step() + 1));
    }
  }

  @Override
  public StreamManager getStreamManager() {
    return new StreamManager() {
      @Override
      public ManagedBuffer getChunk(long stream, int chunk) {
        // Spark's shuffle fetches this way; no worker of Lethe does.
        throw new UnsupportedOperationException("Weights are fetched as streams");
      }

      @Override
      public ManagedBuffer openStream(String id) {
        return weights(id);
      }
    };
  }
}
