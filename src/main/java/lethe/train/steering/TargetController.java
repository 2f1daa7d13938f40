package lethe.train.steering;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lethe.target.Outcome;
import lethe.target.ProbeResult;
import lethe.target.SteeringRules;
import lethe.target.SteeringTarget;
import lethe.train.gradient.ShardTree;

/**
 * Steers a training to its target: takes the probes' sums, decides which domains are still to be
 * forgotten, when to probe next and when to end, and keeps the best step's weights.
 *
 * <p>A domain whose loss has reached the inner half of its band is no longer trained on, until its
 * loss falls below again; the others are weighted so that they arrive together. Training ends when
 * no domain is left to train on, when the loss has collapsed, or after the last step. The best step
 * is the one whose loss is least outside the inner band, and among those the one whose domains are
 * nearest to their targets:
 *
 * <pre>  miss = sum_d n_d |nll_d - target_d| / sum_d n_d </pre>
 *
 * and never a collapsed one, whose loss is above that of a uniform prediction. Under {@link
 * SteeringRules} it ends later, or goes on with a domain at its target. Every decision is a
 * function of the sums, which have the same bits for any number of workers, so the decisions are
 * the same, too. The thread of the driver's loop alone uses it.
 */
public final class TargetController {
  /**
   * The sums of one probe.
   *
   * @param step before which it was made
   * @param sums of the losses by domain, nats
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Sums(int step, double[] sums) {}

  /**
   * Everything a later process needs to make the same decisions.
   *
   * @param probes so far
   * @param best weights of the best step, bucket by bucket; null before the first probe
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record State(List<Sums> probes, float[][] best) {
    /** The state of a training without a target. */
    public static final State NONE = new State(List.of(), null);
  }

  /**
   * {@code stop.json}: how the training ended.
   *
   * @param target nats per token
   * @param targets by domain
   * @param band half its width, nats per token
   * @param most steps allowed
   * @param steps applied
   * @param best the step whose weights were kept
   * @param outcome of that step: where the forget loss of the steering half lies, by the point
   * @param probes in order
   */
  public record SteeringRecord(
      double target,
      Map<String, Double> targets,
      double band,
      @JsonProperty("most_steps") int most,
      int steps,
      @JsonProperty("best_step") int best,
      Outcome outcome,
      List<ProbeResult> probes) {}

  /** Progress below this share of the distance is too small to estimate a pace from. */
  private static final double LEAST_GAIN = 0.05;

  /** Largest weight of a domain: a few examples should not dominate a step. */
  private static final double MOST_WEIGHT = 8;

  private final SteeringTarget target;
  private final SteeringRules rules;
  private final int leastSteps;
  private final ShardTree tree;
  private final int steps;
  private final Consumer<ProbeResult> listener;
  private final List<Sums> probes = new ArrayList<>();
  private final List<ProbeDecision> decisions = new ArrayList<>();
  private ProbeDecision decision;
  private int bestStep;
  private double leastOutside;
  private double leastMiss;
  private float[][] bestWeights;

  /**
   * @param rules how it is steered
   * @param tree of the shards, along which sums are added
   * @param steps most steps allowed
   * @param listener receives every new probe
   */
  public TargetController(
      SteeringTarget target,
      SteeringRules rules,
      ShardTree tree,
      int steps,
      Consumer<ProbeResult> listener) {
    this.target = target;
    this.rules = rules;
    this.leastSteps = Math.min(rules.leastSteps(), steps);
    this.tree = tree;
    this.steps = steps;
    this.listener = listener;
    this.decision = new ProbeDecision(0, unitWeights());
  }

  /** Resumes from a state. */
  public void resume(State state) {
    state.probes().forEach(probe -> decide(probe, () -> null));
    bestWeights = state.best();
  }

  public State state() {
    return new State(List.copyOf(probes), bestWeights);
  }

  /** The domains in the order of their numbers. */
  public List<String> domains() {
    return target.domains().stream().map(SteeringTarget.Domain::name).toList();
  }

  public ShardTree tree() {
    return tree;
  }

  /** The decision now in force. */
  public ProbeDecision decision() {
    return decision;
  }

  /** The weight with which a step forgets each domain. */
  public double[] weightsAt(int step) {
    double[] weights = unitWeights();
    for (int p = 0; p < probes.size() && probes.get(p).step() <= step; p++) {
      weights = decisions.get(p).weights();
    }
    return weights;
  }

  private double[] unitWeights() {
    double[] ones = new double[target.domains().size()];
    Arrays.fill(ones, 1);
    return ones;
  }

  /**
   * Takes a probe.
   *
   * @param step before which it was made
   * @param sums of the losses by domain, nats
   * @param weights supplies a copy of the probed weights
   * @return the decision for the workers
   * @throws IllegalStateException when no probe was asked for at this step
   */
  public ProbeDecision probed(int step, double[] sums, Supplier<float[][]> weights) {
    if (step != decision.nextProbeStep()) {
      throw new IllegalStateException(
          "Refused a probe at step " + step + ": the next is at step " + decision.nextProbeStep());
    }
    decide(new Sums(step, sums.clone()), weights);
    listener.accept(probe(probes.size() - 1));
    return decision;
  }

  private void decide(Sums probe, Supplier<float[][]> weights) {
    double[] means = target.means(probe.sums());
    double[] misses = new double[means.length];
    boolean any = false;
    for (int d = 0; d < means.length; d++) {
      misses[d] = Math.abs(means[d] - target.domains().get(d).target());
      any |= open(means, d);
    }
    boolean mayEnd = probe.step() >= leastSteps;
    boolean collapsed = collapsed(target.weighed(means));
    double outside =
        Math.max(0, Math.abs(target.weighed(means) - target.nll()) - target.innerBand());
    double miss = target.weighed(misses);
    boolean first = mayEnd && bestStep < leastSteps;
    if (probes.isEmpty() || (!collapsed && (first || (mayEnd && nearer(outside, miss))))) {
      leastOutside = finite(outside);
      leastMiss = finite(miss);
      bestStep = probe.step();
      bestWeights = null; // makes room for the new ones
      bestWeights = weights.get();
    }
    boolean done = (mayEnd && (!any || collapsed)) || probe.step() == steps;
    int next = done ? ProbeDecision.DONE : probe.step() + stepsToNextProbe(probe.step(), means);
    double[] shares = weights(probe.step(), means);
    probes.add(probe);
    decision = new ProbeDecision(next, shares);
    decisions.add(decision);
  }

  private boolean nearer(double outside, double miss) {
    return outside < leastOutside || (outside == leastOutside && miss < leastMiss);
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : Double.POSITIVE_INFINITY;
  }

  /** Whether a domain is still to be forgotten. */
  private boolean open(double[] means, int domain) {
    return means[domain] - target.domains().get(domain).target() < -target.innerBand();
  }

  /**
   * Weights with which the open domains would come to their targets together, at the pace that each
   * has shown so far relative to its weight: a slower domain, or one farther from its target, gets
   * a larger weight. Averaged by forget tokens the weights have mean 1, so that the weight of the
   * forget loss as a whole stays the same.
   */
  private double[] weights(int step, double[] means) {
    if (rules.pullsBack()) {
      return unitWeights();
    }
    double[] left = new double[means.length];
    for (int d = 0; d < left.length; d++) {
      if (open(means, d)) {
        double end = target.domains().get(d).target();
        if (probes.isEmpty()) {
          left[d] = 1;
        } else {
          double start = target.means(probes.get(0).sums())[d];
          double least = Math.max(LEAST_GAIN * Math.abs(end - start), 1e-6);
          double gain = Math.max(means[d] - start, least);
          left[d] = (end - means[d]) / (gain / effort(step, d));
        }
      }
    }
    double mean = target.weighed(left);
    double[] weights = new double[left.length];
    for (int d = 0; d < left.length; d++) {
      weights[d] = mean > 0 ? Math.min(MOST_WEIGHT, left[d] / mean) : 0;
    }
    return weights;
  }

  /** A domain's weights so far, summed over the steps. */
  private double effort(int step, int domain) {
    double effort = 0;
    for (int p = 0; p < probes.size(); p++) {
      int end = p + 1 < probes.size() ? probes.get(p + 1).step() : step;
      effort += decisions.get(p).weights()[domain] * (end - probes.get(p).step());
    }
    return Math.max(effort, 1);
  }

  /** Whether a loss is above both a uniform prediction's and the band, or not a number. */
  private boolean collapsed(double nll) {
    return !(nll <= Math.max(target.uniformNll(), target.nll() + target.band()));
  }

  /**
   * Steps to the next probe: half of what the nearest open domain would need at its last pace, but
   * at least one; one while no pace is known.
   */
  private int stepsToNextProbe(int step, double[] means) {
    int most = Math.min(target.probeEvery(), steps - step);
    if (probes.isEmpty()) {
      return Math.min(1, most);
    }
    Sums last = probes.get(probes.size() - 1);
    double[] before = target.means(last.sums());
    double least = most;
    for (int d = 0; d < means.length; d++) {
      double pace = (means[d] - before[d]) / (step - last.step());
      if (open(means, d) && pace > 0) {
        least = Math.min(least, (target.domains().get(d).target() - means[d]) / pace / 2);
      }
    }
    return Math.max(1, (int) least);
  }

  /** Steps that had been applied when the best weights were probed. */
  public int bestStep() {
    return bestStep;
  }

  /** The weights of the best step. */
  public float[][] best() {
    return bestWeights;
  }

  /** How the training ended. */
  public SteeringRecord record() {
    List<ProbeResult> all = new ArrayList<>();
    for (int p = 0; p < probes.size(); p++) {
      all.add(probe(p));
    }
    Sums best = probes.stream().filter(p -> p.step() == bestStep).findFirst().orElseThrow();
    double[] targets =
        target.domains().stream().mapToDouble(SteeringTarget.Domain::target).toArray();
    return new SteeringRecord(
        target.nll(),
        target.named(targets),
        target.band(),
        steps,
        probes.get(probes.size() - 1).step(),
        bestStep,
        Outcome.of(target.weighed(target.means(best.sums())) - target.nll(), target.band()),
        all);
  }

  private ProbeResult probe(int place) {
    Sums probe = probes.get(place);
    double[] means = target.means(probe.sums());
    double nll = target.weighed(means);
    return new ProbeResult(
        probe.step(),
        Double.isFinite(nll) ? nll : null,
        Double.isFinite(nll) ? nll - target.nll() : null,
        target.named(means),
        target.named(decisions.get(place).weights()));
  }
}
