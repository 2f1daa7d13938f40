package lethe.train.worker;

import ai.djl.engine.EngineException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import lethe.examples.ProbePlan;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.ModelSource;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.model.torch.Compute;
import lethe.objective.FrozenModel;
import lethe.objective.PositionTerm;
import lethe.objective.Role;
import lethe.settings.InvalidSettings;
import lethe.train.exchange.AggregatorAddress;
import lethe.train.exchange.AggregatorClient;
import lethe.train.exchange.ExchangeSpec;
import lethe.train.exchange.WorkerEnvironment;
import lethe.train.exchange.WorkerReport;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ShardGradients;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.plan.PlanKey;
import lethe.train.plan.PlanReader;
import lethe.train.steering.ProbeDecision;
import org.apache.spark.BarrierTaskContext;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.runtime.AbstractFunction1;

/** One worker: a barrier task that turns its rows of the plan into gradients, step by step. */
public final class WorkerTask
    extends AbstractFunction1<
        scala.collection.Iterator<Tuple2<PlanKey, Example>>, scala.collection.Iterator<Integer>>
    implements Serializable {
  /** Launch and attempt of the worker in this process. */
  private static final AtomicReference<String> PROCESS = new AtomicReference<>();

  private final WorkerSpec job;
  private final AggregatorAddress endpoint;

  /**
   * What every worker is told.
   *
   * @param model the Hugging Face folder whose config.json describes the network
   * @param frozen where the weights of the models are that the roles' terms name
   * @param roles of the method
   * @param counts what each term is divided by: [step][role]
   * @param domains to forget, where a target steers the training; else none
   * @param workers of the launch
   * @param shards of a step
   * @param microBatch examples a pass
   * @param compute how
   * @param layout of the vector that travels
   * @param wire how gradients travel
   * @param separation of their sides
   */
  @SuppressWarnings("ArrayRecordComponent")
  public // never compared
  record WorkerSpec(
      ModelSource model,
      Map<FrozenModel, ModelSource> frozen,
      List<Role> roles,
      long[][] counts,
      List<String> domains,
      int workers,
      int shards,
      int microBatch,
      ComputeSettings compute,
      ParameterLayout layout,
      WireFormat wire,
      GradientMode separation)
      implements Serializable {}

  public WorkerTask(WorkerSpec job, AggregatorAddress endpoint) {
    this.job = job;
    this.endpoint = endpoint;
  }

  @Override
  public scala.collection.Iterator<Integer> apply(
      scala.collection.Iterator<Tuple2<PlanKey, Example>> rows) {
    BarrierTaskContext context = BarrierTaskContext.get();
    String me = endpoint.launch() + "." + context.stageAttemptNumber();
    claimProcess(me);
    // Struck once: what is launched or tried anew lives.
    Optional<FaultInjection> fault = me.equals("0.0") ? FaultInjection.asked() : Optional.empty();
    LoadedModel.clear();
    try {
      int steps =
          run(
              context.partitionId(),
              context.stageAttemptNumber(),
              JavaConverters.asJavaIterator(rows),
              fault);
      return JavaConverters.asScalaIterator(List.of(steps).iterator());
    } finally {
      releaseProcess();
    }
  }

  /**
   * One worker a process: DJL and the thread settings of PyTorch belong to the process. A worker of
   * an earlier attempt may still be in native code when this one starts; it is waited for.
   */
  private static void claimProcess(String me) {
    synchronized (PROCESS) {
      long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
      while (PROCESS.get() != null) {
        if (PROCESS.get().equals(me)) {
          throw new IllegalStateException(
              "Two workers in one process: give each worker an executor of its own (spark.executor.cores and train.threads)");
        }
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new IllegalStateException(
              "The worker of attempt "
                  + PROCESS.get()
                  + " still runs in this process after five minutes");
        }
        try {
          PROCESS.wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(
              "Interrupted while waiting for the worker of attempt " + PROCESS.get(), e);
        }
      }
      PROCESS.set(me);
    }
  }

  private static void releaseProcess() {
    synchronized (PROCESS) {
      PROCESS.set(null);
      PROCESS.notifyAll();
    }
  }

  private int run(
      int worker,
      int attempt,
      Iterator<Tuple2<PlanKey, Example>> rows,
      Optional<FaultInjection> fault) {
    try (AggregatorClient driver = new AggregatorClient(endpoint, attempt, worker)) {
      try {
        return run(driver, worker, rows, fault);
      } catch (IllegalArgumentException e) {
        // What is wrong with a setting, a device or the plan is as wrong the next time.
        driver.unable(String.valueOf(e.getMessage()));
        throw e;
      }
    }
  }

  private int run(
      AggregatorClient driver,
      int worker,
      Iterator<Tuple2<PlanKey, Example>> rows,
      Optional<FaultInjection> fault) {
    Architecture architecture = job.model.architecture();
    ShardTree tree = new ShardTree(job.shards);
    Compute compute = job.compute.on(BarrierTaskContext.get().resources());
    try (Network network = new Network(architecture, compute)) {
      Parameters weights = parameters(network, compute);
      Map<FrozenModel, Parameters> frozen = frozen(network);
      MicroBatch pass = new MicroBatch(network);
      String greeting = ExchangeSpec.greeting(job.layout, job.workers, job.wire, job.separation);
      AggregatorClient.Start start =
          driver.hello(
              greeting,
              WorkerEnvironment.ofThisProcess(compute),
              WorkerEnvironment.device(BarrierTaskContext.get().resources()));
      int first = start.step();
      PlanReader plan = new PlanReader(rows, first);
      ProbeDecision orders = start.orders();
      Probing probing = new Probing(plan, tree, worker);
      BufferPool spares = new BufferPool();
      int step = first;
      for (;
          !orders.done() && (step < job.counts.length || step == orders.nextProbeStep());
          step++) {
        int fetched = step == first ? job.layout.count() : job.layout.buckets().count();
        int current = step;
        driver.pull(
            step,
            job.layout,
            fetched,
            job.wire,
            (values, b) -> {
              write(weights, values, b);
              if (b == fetched / 2) {
                fault.ifPresent(f -> f.killWorkerAt(worker, current, FaultInjection.Moment.PULL));
              }
            });
        if (step == orders.nextProbeStep()) {
          double[] sums = probing.sums(pass, weights);
          fault.ifPresent(f -> f.killWorkerAt(worker, current, FaultInjection.Moment.PROBE));
          orders = driver.probe(step, sums);
          if (orders.done()) {
            break;
          }
        }
        StepWork work =
            new StepWork(step, orders, new ShardGradients(job.wire, tree, spares), spares);
        for (int shard = tree.firstShard(worker, job.workers);
            shard < tree.firstShard(worker + 1, job.workers);
            shard++) {
          work.add(shard, plan, pass, weights, frozen);
        }
        fault.ifPresent(f -> f.killWorkerAt(worker, current, FaultInjection.Moment.COMPUTED));
        driver.report(step, work.report());
        List<Integer> roots = tree.roots(worker, job.workers);
        List<float[][]> sums = work.gradients.take(roots);
        driver.push(
            step,
            roots,
            sums,
            job.wire,
            b -> {
              if (b == job.layout.buckets().count() / 2) {
                fault.ifPresent(f -> f.killWorkerAt(worker, current, FaultInjection.Moment.PUSH));
              }
            });
        sums.forEach(sum -> Arrays.stream(sum).forEach(spares::release));
      }
      return step - first;
    }
  }

  /** The first thing that is put on the device. */
  private static Parameters parameters(Network network, Compute compute) {
    try {
      return network.newParameters();
    } catch (EngineException e) {
      throw new InvalidSettings("Cannot use %s: %s".formatted(compute.device(), e.getMessage()), e);
    }
  }

  /** This worker's part of one step. */
  private final class StepWork {
    private final int step;
    private final ProbeDecision orders;
    private final ShardGradients gradients;
    private final BufferPool spares;
    private final Set<String> trained = job.layout.trainedNames();
    private final List<Double> sums = new ArrayList<>();
    private final List<Long> counts = new ArrayList<>();
    private long tokens;
    private long computeNanos;

    StepWork(int step, ProbeDecision orders, ShardGradients gradients, BufferPool spares) {
      this.step = step;
      this.orders = orders;
      this.gradients = gradients;
      this.spares = spares;
    }

    /** Computes a shard, one side of its gradient after the other. */
    void add(
        int shard,
        PlanReader plan,
        MicroBatch pass,
        Parameters weights,
        Map<FrozenModel, Parameters> frozen) {
      int buckets = job.layout.buckets().count();
      float[][] vector = new float[job.separation.parts() * buckets][];
      int side = 0;
      int role = 0;
      for (List<Role> roles : job.separation.split(job.roles)) {
        try (Parameters leaves = weights.leaves(trained::contains)) {
          for (int end = role + roles.size(); role < end; role++) {
            sums.add(role(shard, role, plan, pass, leaves, frozen));
          }
          read(leaves, vector, buckets * side++);
        }
      }
      gradients.add(shard, vector);
    }

    /** Passes over the rows of one role; returns the sum of its term. */
    private double role(
        int shard,
        int role,
        PlanReader plan,
        MicroBatch pass,
        Parameters leaves,
        Map<FrozenModel, Parameters> frozen) {
      double sum = 0;
      long count = 0;
      for (List<Example> batch = plan.next(step, shard, role, job.microBatch);
          !batch.isEmpty();
          batch = plan.next(step, shard, role, job.microBatch)) {
        for (var part : weighed(batch, role, orders).entrySet()) {
          double weight = job.roles.get(role).weight() * part.getKey();
          double coefficient = weight / job.counts[step][role];
          List<Example> used = part.getValue();
          long begun = System.nanoTime();
          sum += pass.accumulate(job.roles.get(role), used, coefficient, leaves, frozen);
          computeNanos += System.nanoTime() - begun;
          count += count(job.roles.get(role), used);
          tokens +=
              used.stream()
                  .flatMap(e -> e.views().stream())
                  .mapToLong(v -> v.tokens().length)
                  .sum();
        }
      }
      counts.add(count);
      return sum;
    }

    private void read(Parameters leaves, float[][] vector, int first) {
      for (int b = 0; b < job.layout.buckets().count(); b++) {
        float[] values = spares.acquire(job.layout.length(b));
        job.layout.forEachRange(
            b, (flat, from, length) -> leaves.readGradients(flat, values, from, length));
        vector[first + b] = values;
      }
    }

    WorkerReport report() {
      double[] termSums = sums.stream().mapToDouble(Double::doubleValue).toArray();
      long[] termCounts = counts.stream().mapToLong(Long::longValue).toArray();
      return new WorkerReport(termSums, termCounts, tokens, computeNanos);
    }
  }

  /** What the term of some examples is a sum over, as the plan counts it. */
  private static long count(Role role, List<Example> examples) {
    return role.term() instanceof PositionTerm
        ? examples.stream().mapToLong(e -> TokenBatch.scored(e.views().get(0).labels())).sum()
        : examples.size();
  }

  /**
   * A micro-batch by the weight of its examples: domains to forget may have different ones, and
   * what is let go of has none. In the order of the weights' first examples.
   */
  private Map<Double, List<Example>> weighed(List<Example> batch, int role, ProbeDecision orders) {
    if (!job.roles.get(role).split().equals("forget") || job.domains.isEmpty()) {
      return Map.of(1.0, batch);
    }
    Map<Double, List<Example>> weighed = new LinkedHashMap<>();
    for (Example example : batch) {
      double weight = orders.weights()[job.domains.indexOf(example.domain())];
      if (weight > 0) {
        weighed.computeIfAbsent(weight, w -> new ArrayList<>()).add(example);
      }
    }
    return weighed;
  }

  /** The probe chunks of this worker's shards: read once, looked at again and again. */
  private final class Probing {
    private final List<List<List<Example>>> batches = new ArrayList<>();

    Probing(PlanReader plan, ShardTree tree, int worker) {
      for (int shard = tree.firstShard(worker, job.workers);
          shard < tree.firstShard(worker + 1, job.workers);
          shard++) {
        for (int domain = 0; domain < job.domains.size(); domain++) {
          List<List<Example>> own = new ArrayList<>();
          for (List<Example> batch = plan.next(ProbePlan.STEP, shard, domain, job.microBatch);
              !batch.isEmpty();
              batch = plan.next(ProbePlan.STEP, shard, domain, job.microBatch)) {
            own.add(batch);
          }
          batches.add(own);
        }
      }
    }

    /** For each shard and domain the summed loss, nats. */
    double[] sums(MicroBatch pass, Parameters weights) {
      double[] sums = new double[batches.size()];
      for (int i = 0; i < sums.length; i++) {
        for (List<Example> batch : batches.get(i)) {
          for (double nll : pass.score(batch, weights)) {
            sums[i] += nll;
          }
        }
      }
      return sums;
    }
  }

  private void write(Parameters weights, float[] values, int bucket) {
    job.layout.forEachRange(
        bucket, (flat, from, length) -> weights.write(flat, values, from, length));
  }

  private Map<FrozenModel, Parameters> frozen(Network network) {
    Map<FrozenModel, Parameters> frozen = new EnumMap<>(FrozenModel.class);
    for (FrozenModel model : Role.frozen(job.roles)) {
      frozen.put(model, job.frozen.get(model).parameters(network));
    }
    return frozen;
  }
}
