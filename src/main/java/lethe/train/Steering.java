package lethe.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lethe.target.Outcome;

/**
 * Steers a training to its target: takes the probes' sums, says which domains are still to be
 * forgotten, when to look again and when to end, and keeps the best step's weights.
 *
 * <p>A domain whose loss has come to the inner half of its band is let go of, and taken up again
 * when it falls below. Training ends when all are let go of, or the loss has collapsed, or its
 * steps are done. The best step is the one whose domains are nearest to their targets:
 *
 * <pre>  miss = sum_d n_d |nll_d - target_d| / sum_d n_d </pre>
 *
 * and never a collapsed one, whose loss is above a uniform prediction's. Every decision is a
 * function of the sums, which have the same bits for any number of workers; so has what is decided.
 */
final class Steering {
  /**
   * The sums of one probe.
   *
   * @param step that it came before
   * @param sums of the losses by domain, nats
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Sums(int step, double[] sums) {}

  /**
   * All that a later process needs to decide the same.
   *
   * @param probes so far
   * @param best weights of the best step, bucket by bucket; null before the first probe
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record State(List<Sums> probes, float[][] best) {
    /** Of a training that does not steer. */
    static final State NONE = new State(List.of(), null);
  }

  /**
   * {@code stop.json}: how the training ended.
   *
   * @param target nats a token
   * @param targets by domain
   * @param band half its width, nats a token
   * @param most steps that there could have been
   * @param steps applied
   * @param best the step whose weights were kept
   * @param outcome of that step, by the documents that steer
   * @param probes in order
   */
  record Ended(
      double target,
      Map<String, Double> targets,
      double band,
      @JsonProperty("most_steps") int most,
      int steps,
      @JsonProperty("best_step") int best,
      Outcome outcome,
      List<Probe> probes) {}

  private final Aim aim;
  private final ShardTree tree;
  private final int steps;
  private final Consumer<Probe> told;
  private final List<Sums> probes = new ArrayList<>();
  private final List<Orders> given = new ArrayList<>();
  private Orders orders;
  private int bestStep;
  private double leastMiss = Double.POSITIVE_INFINITY;
  private float[][] bestWeights;

  /**
   * @param tree of the shards, along which sums are added
   * @param steps most that there may be
   * @param told of every new probe
   */
  Steering(Aim aim, ShardTree tree, int steps, Consumer<Probe> told) {
    this.aim = aim;
    this.tree = tree;
    this.steps = steps;
    this.told = told;
    boolean[] all = new boolean[aim.domains().size()];
    Arrays.fill(all, true);
    orders = new Orders(0, all);
  }

  /** Goes on from a state. */
  synchronized void resume(State state) {
    state.probes().forEach(probe -> decide(probe, () -> null));
    bestWeights = state.best();
  }

  synchronized State state() {
    return new State(List.copyOf(probes), bestWeights);
  }

  /** In the order of their numbers. */
  List<String> domains() {
    return aim.domains().stream().map(Aim.Domain::name).toList();
  }

  ShardTree tree() {
    return tree;
  }

  /** What holds now. */
  synchronized Orders orders() {
    return orders;
  }

  /** By domain, whether a step forgets it. */
  synchronized boolean[] openAt(int step) {
    boolean[] open = new boolean[aim.domains().size()];
    Arrays.fill(open, true);
    for (int p = 0; p < probes.size() && probes.get(p).step() <= step; p++) {
      open = given.get(p).open();
    }
    return open;
  }

  /**
   * Takes a probe.
   *
   * @param step that it came before
   * @param sums of the losses by domain, nats
   * @param weights a copy of those that were looked at
   * @return what the workers do next
   * @throws IllegalStateException when no probe was asked for at this step
   */
  synchronized Orders probed(int step, double[] sums, Supplier<float[][]> weights) {
    if (step != orders.probe()) {
      throw new IllegalStateException(
          "Refused a probe at step " + step + ": the next is at step " + orders.probe());
    }
    decide(new Sums(step, sums.clone()), weights);
    told.accept(probe(probes.size() - 1));
    return orders;
  }

  private void decide(Sums probe, Supplier<float[][]> weights) {
    double[] means = aim.means(probe.sums());
    double[] misses = new double[means.length];
    boolean[] open = new boolean[means.length];
    boolean any = false;
    for (int d = 0; d < means.length; d++) {
      double distance = means[d] - aim.domains().get(d).target();
      misses[d] = Math.abs(distance);
      open[d] = distance < -aim.inner();
      any |= open[d];
    }
    boolean collapsed = collapsed(aim.weighed(means));
    double miss = aim.weighed(misses);
    if (probes.isEmpty() || (!collapsed && miss < leastMiss)) {
      leastMiss = Double.isFinite(miss) ? miss : Double.POSITIVE_INFINITY;
      bestStep = probe.step();
      bestWeights = weights.get();
    }
    boolean done = !any || collapsed || probe.step() == steps;
    int next = done ? Orders.DONE : probe.step() + pause(probe.step(), means, open);
    probes.add(probe);
    orders = new Orders(next, open);
    given.add(orders);
  }

  /** A loss that a prediction of nothing in particular would not have. */
  private boolean collapsed(double nll) {
    return !(nll <= Math.max(aim.uniform(), aim.target() + aim.band()));
  }

  /**
   * Steps to the next probe: half of what the nearest open domain would need at its last pace, at
   * least one. Before a pace is known it is one.
   */
  private int pause(int step, double[] means, boolean[] open) {
    int most = Math.min(aim.every(), steps - step);
    if (probes.isEmpty()) {
      return Math.min(1, most);
    }
    Sums last = probes.get(probes.size() - 1);
    double[] before = aim.means(last.sums());
    double least = most;
    for (int d = 0; d < means.length; d++) {
      double pace = (means[d] - before[d]) / (step - last.step());
      if (open[d] && pace > 0) {
        least = Math.min(least, (aim.domains().get(d).target() - means[d]) / pace / 2);
      }
    }
    return Math.max(1, (int) least);
  }

  /** The weights of the best step. */
  synchronized float[][] best() {
    return bestWeights;
  }

  /** How it ended. */
  synchronized Ended record() {
    List<Probe> all = new ArrayList<>();
    for (int p = 0; p < probes.size(); p++) {
      all.add(probe(p));
    }
    Sums best = probes.stream().filter(p -> p.step() == bestStep).findFirst().orElseThrow();
    double[] targets = aim.domains().stream().mapToDouble(Aim.Domain::target).toArray();
    return new Ended(
        aim.target(),
        aim.named(targets),
        aim.band(),
        steps,
        probes.get(probes.size() - 1).step(),
        bestStep,
        Outcome.of(aim.weighed(aim.means(best.sums())) - aim.target(), aim.band()),
        all);
  }

  private Probe probe(int place) {
    Sums probe = probes.get(place);
    double[] means = aim.means(probe.sums());
    double nll = aim.weighed(means);
    return new Probe(
        probe.step(),
        Double.isFinite(nll) ? nll : null,
        Double.isFinite(nll) ? nll - aim.target() : null,
        aim.named(means),
        aim.named(given.get(place).open()));
  }
}
