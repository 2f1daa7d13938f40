package lethe.train.worker;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.objective.FrozenModel;
import lethe.objective.PositionTerm;
import lethe.objective.Role;
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
  private List<float[][][]> sums = List.of();
  private final List<Double> termSums = new ArrayList<>();
  private final List<Long> termCounts = new ArrayList<>();
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

  /** The gradient sums of each node: [part][bucket][element]. */
  List<float[][][]> sums() {
    return sums;
  }

  /** What this worker adds to the record of the step. */
  WorkerReport report() {
    return new WorkerReport(
        termSums.stream().mapToDouble(Double::doubleValue).toArray(),
        termCounts.stream().mapToLong(Long::longValue).toArray(),
        tokens,
        computeNanos);
  }

  /** Returns the buckets to the pool, once they are sent. */
  void release() {
    sums.forEach(
        sum -> Arrays.stream(sum).flatMap(Arrays::stream).forEach(bucket -> pool.release(bucket)));
    sums = List.of();
  }

  /**
   * Computes every shard that this worker owns, in order, and adds them along the tree.
   *
   * @param step from 0
   * @param decision weights of the domains to forget
   * @param weights of the model at the beginning of the step
   */
  void compute(int step, ProbeDecision decision, Parameters weights) {
    termSums.clear();
    termCounts.clear();
    tokens = 0;
    computeNanos = 0;
    ShardGradients gradients = new ShardGradients(spec.wire(), tree, pool);
    int end = tree.firstShard(worker + 1, spec.workers());
    for (int shard = tree.firstShard(worker, spec.workers()); shard < end; shard++) {
      gradients.add(shard, gradient(step, shard, decision, weights));
    }
    sums = gradients.take(nodes);
  }

  /** A shard's gradient, one part after the other: [part][bucket][element]. */
  private float[][][] gradient(int step, int shard, ProbeDecision decision, Parameters weights) {
    float[][][] gradient = new float[spec.gradientMode().parts()][][];
    int part = 0;
    int role = 0;
    for (List<Role> roles : spec.gradientMode().split(spec.roles())) {
      try (Parameters leaves = weights.leaves(trained::contains)) {
        for (int end = role + roles.size(); role < end; role++) {
          termSums.add(accumulate(step, shard, role, decision, leaves));
        }
        gradient[part++] = read(leaves);
      }
    }
    return gradient;
  }

  /** Forward and backward over the rows of one role; returns the sum of its term. */
  private double accumulate(
      int step, int shard, int role, ProbeDecision decision, Parameters leaves) {
    double sum = 0;
    long count = 0;
    for (List<Example> batch = plan.next(step, shard, role, spec.microBatch());
        !batch.isEmpty();
        batch = plan.next(step, shard, role, spec.microBatch())) {
      for (var part : weighed(batch, role, decision).entrySet()) {
        double weight = spec.roles().get(role).weight() * part.getKey();
        double coefficient = weight / spec.counts()[step][role];
        List<Example> used = part.getValue();
        long begun = System.nanoTime();
        sum += microBatch.accumulate(spec.roles().get(role), used, coefficient, leaves, frozen);
        computeNanos += System.nanoTime() - begun;
        count += count(spec.roles().get(role), used);
        tokens +=
            used.stream().flatMap(e -> e.views().stream()).mapToLong(v -> v.tokens().length).sum();
      }
    }
    termCounts.add(count);
    return sum;
  }

  private float[][] read(Parameters leaves) {
    float[][] vector = new float[spec.layout().buckets().count()][];
    for (int b = 0; b < vector.length; b++) {
      float[] values = pool.acquire(spec.layout().buckets().length(b));
      spec.layout()
          .forEachRange(
              b, (flat, from, length) -> leaves.readGradients(flat, values, from, length));
      vector[b] = values;
    }
    return vector;
  }

  /** How many positions or examples a term sums over, as the plan counts them. */
  private static long count(Role role, List<Example> examples) {
    return role.term() instanceof PositionTerm
        ? examples.stream().mapToLong(e -> TokenBatch.scored(e.views().get(0).labels())).sum()
        : examples.size();
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
