package lethe.train.worker;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.objective.FrozenModel;
import lethe.objective.Role;
import lethe.objective.SequenceTerm;
import lethe.train.exchange.GradientUpload;
import lethe.train.exchange.WorkerReport;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.ShardGradients;
import lethe.train.gradient.ShardTree;
import lethe.train.plan.PlanReader;
import lethe.train.steering.ProbeDecision;

/** One worker's part of a step: the gradients of its shards, one shard after the other. */
final class StepWork {
  private final WorkerTask.WorkerSpec spec;
  private final PlanReader plan;
  private final MicroBatch microBatch;
  private final Map<FrozenModel, Parameters> frozen;
  private final int worker;
  private final ShardTree tree;
  private final List<Integer> nodes;
  private final Set<String> trained;
  private final BufferPool pool = new BufferPool();
  private final List<Double> termSums = new ArrayList<>();
  private final List<Long> termCounts = new ArrayList<>();

  /** The passes of the forget terms, by shard, where they are made once more at moved weights. */
  private final Map<Integer, List<Pass>> forgetPasses = new LinkedHashMap<>();

  private long tokens;
  private long computeNanos;

  /**
   * @param frozen weights of the models that the roles' terms need
   * @param worker from 0
   */
  StepWork(
      WorkerTask.WorkerSpec spec,
      PlanReader plan,
      MicroBatch microBatch,
      Map<FrozenModel, Parameters> frozen,
      int worker) {
    this.spec = spec;
    this.plan = plan;
    this.microBatch = microBatch;
    this.frozen = frozen;
    this.worker = worker;
    this.tree = new ShardTree(spec.shards());
    this.nodes = tree.roots(worker, spec.workers());
    this.trained = spec.layout().trainedNames();
  }

  /** The nodes of the shard tree whose sums this worker computes. */
  List<Integer> nodes() {
    return nodes;
  }

  /** What this worker adds to the record of the step. */
  WorkerReport report() {
    return new WorkerReport(
        termSums.stream().mapToDouble(Double::doubleValue).toArray(),
        termCounts.stream().mapToLong(Long::longValue).toArray(),
        tokens,
        computeNanos);
  }

  /**
   * Computes every shard that this worker owns, in order, and adds them along the tree.
   *
   * @param step from 0
   * @param decision weights of the domains to forget
   * @param weights of the model at the beginning of the step
   * @param upload takes the sums as they become ready, but for the last bucket
   * @return the gradient, to be flushed when the report is sent, or before {@link #computeMoved}
   */
  OutgoingGradient compute(
      int step, ProbeDecision decision, Parameters weights, GradientUpload upload) {
    termSums.clear();
    termCounts.clear();
    forgetPasses.clear();
    tokens = 0;
    computeNanos = 0;
    OutgoingGradient gradient =
        new OutgoingGradient(
            spec.layout(), nodes, pool, new ShardGradients(spec.wire(), tree, pool), upload);
    int end = tree.firstShard(worker + 1, spec.workers());
    for (int shard = tree.firstShard(worker, spec.workers()); shard < end; shard++) {
      shard(step, shard, shard == end - 1, decision, weights, gradient);
    }
    computeNanos -= gradient.nanos();
    return gradient;
  }

  /**
   * Computes the gradient of the forget terms once more, for the same examples.
   *
   * @param weights moved ones
   * @param gradient of the step, whose last vector it becomes
   */
  void computeMoved(Parameters weights, OutgoingGradient gradient) {
    long spent = gradient.nanos();
    int part = spec.gradientMode().parts();
    int last = forgetPasses.keySet().stream().mapToInt(Integer::intValue).max().orElseThrow();
    forgetPasses.forEach(
        (shard, passes) -> {
          try (Parameters leaves = weights.leaves(trained::contains)) {
            accumulate(passes, shard, part, shard == last, leaves, gradient);
            for (Pass pass : passes) {
              tokens += tokens(pass.examples);
            }
          }
        });
    computeNanos -= gradient.nanos() - spent;
  }

  /** A shard's gradient, one part after the other. */
  private void shard(
      int step,
      int shard,
      boolean last,
      ProbeDecision decision,
      Parameters weights,
      OutgoingGradient gradient) {
    int part = 0;
    int role = 0;
    for (List<Role> roles : spec.gradientMode().split(spec.roles())) {
      int end = role + roles.size();
      try (Parameters leaves = weights.leaves(trained::contains)) {
        List<Pass> passes = passes(step, shard, role, end, decision);
        if (part == 0 && spec.sharpness().any()) {
          forgetPasses.put(shard, passes);
        }
        double[] sums = accumulate(passes, shard, part, last, leaves, gradient);
        for (int i = role; i < end; i++) {
          termSums.add(sums[i]);
        }
      }
      role = end;
      part++;
    }
  }

  /**
   * Makes passes and adds the gradient that they leave behind as one part of a shard's.
   *
   * @param last whether the shard is this worker's last
   * @return the sums of the terms, by role
   */
  private double[] accumulate(
      List<Pass> passes,
      int shard,
      int part,
      boolean last,
      Parameters leaves,
      OutgoingGradient gradient) {
    double[] sums = new double[spec.roles().size()];
    for (int i = 0; i < passes.size(); i++) {
      if (last && i == passes.size() - 1) {
        gradient.follow(shard, part, leaves);
      }
      sums[passes.get(i).role] += accumulate(passes.get(i), leaves);
    }
    if (last) {
      gradient.finish(shard, part, leaves);
    } else {
      gradient.add(shard, part, leaves);
    }
    return sums;
  }

  /**
   * One forward and backward pass.
   *
   * @param role number of the role
   * @param examples of one weight
   * @param coefficient of their term's sum
   */
  private record Pass(int role, List<Example> examples, double coefficient) {}

  /** The passes of a shard over some roles, in order. */
  private List<Pass> passes(int step, int shard, int from, int to, ProbeDecision decision) {
    List<Pass> passes = new ArrayList<>();
    for (int number = from; number < to; number++) {
      Role role = spec.roles().get(number);
      long count = 0;
      for (List<Example> batch = plan.next(step, shard, number, spec.microBatch());
          !batch.isEmpty();
          batch = plan.next(step, shard, number, spec.microBatch())) {
        for (var part : weighed(batch, number, decision).entrySet()) {
          double weight = role.weight() * part.getKey();
          List<Example> used = part.getValue();
          passes.add(new Pass(number, used, weight / spec.counts()[step][number]));
          count += count(role, used);
          tokens += tokens(used);
        }
      }
      termCounts.add(count);
    }
    return passes;
  }

  private static long tokens(List<Example> examples) {
    return examples.stream()
        .flatMap(e -> e.views().stream())
        .mapToLong(v -> v.tokens().length)
        .sum();
  }

  /** Forward and backward; returns the sum of the term. */
  private double accumulate(Pass pass, Parameters leaves) {
    long begun = System.nanoTime();
    double sum =
        microBatch.accumulate(
            spec.roles().get(pass.role), pass.examples, pass.coefficient, leaves, frozen);
    computeNanos += System.nanoTime() - begun;
    return sum;
  }

  /** How many positions or examples a term sums over, as the plan counts them. */
  private static long count(Role role, List<Example> examples) {
    return role.term() instanceof SequenceTerm
        ? examples.size()
        : examples.stream().mapToLong(e -> TokenBatch.scored(e.views().get(0).labels())).sum();
  }

  /**
   * Groups a micro-batch by the weight of its examples: forget domains may have different weights,
   * and a domain that has reached its target has none. The groups are in the order of their first
   * examples.
   */
  private Map<Double, List<Example>> weighed(
      List<Example> batch, int role, ProbeDecision decision) {
    if (!spec.roles().get(role).forgets() || spec.domains().isEmpty()) {
      return Map.of(1.0, batch);
    }
    Map<Double, List<Example>> weighed = new LinkedHashMap<>();
    for (Example example : batch) {
      double weight = decision.weights()[spec.domains().indexOf(example.domain())];
      if (weight > 0) {
        weighed.computeIfAbsent(weight, w -> new ArrayList<>()).add(example);
      }
    }
    return weighed;
  }
}
