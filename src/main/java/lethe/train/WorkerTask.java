package lethe.train;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import lethe.model.Architecture;
import lethe.model.ModelSource;
import lethe.model.Network;
import lethe.model.Parameters;
import lethe.objective.FrozenModel;
import lethe.objective.Role;
import org.apache.spark.BarrierTaskContext;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.runtime.AbstractFunction1;

/** One worker: a barrier task that turns its rows of the plan into gradients, step by step. */
final class WorkerTask
    extends AbstractFunction1<
        scala.collection.Iterator<Tuple2<PlanKey, Example>>, scala.collection.Iterator<Integer>>
    implements Serializable {
  /** Launch and attempt of the worker in this process. */
  private static final AtomicReference<String> PROCESS = new AtomicReference<>();

  private final Job job;
  private final Endpoint endpoint;

  /**
   * What every worker is told.
   *
   * @param model the Hugging Face folder whose config.json describes the network
   * @param frozen where the weights of the models are that the roles' terms name
   * @param roles of the method
   * @param counts what each term is divided by: [step][role]
   * @param workers of the launch
   * @param shards of a step
   * @param microBatch examples a pass
   * @param compute how
   * @param wire how gradients travel
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Job(
      ModelSource model,
      Map<FrozenModel, ModelSource> frozen,
      List<Role> roles,
      long[][] counts,
      int workers,
      int shards,
      int microBatch,
      ComputeSettings compute,
      Wire wire)
      implements Serializable {}

  WorkerTask(Job job, Endpoint endpoint) {
    this.job = job;
    this.endpoint = endpoint;
  }

  @Override
  public scala.collection.Iterator<Integer> apply(
      scala.collection.Iterator<Tuple2<PlanKey, Example>> rows) {
    BarrierTaskContext context = BarrierTaskContext.get();
    String me = endpoint.launch() + "." + context.stageAttemptNumber();
    claimProcess(me);
    try {
      int steps =
          run(
              context.partitionId(),
              context.stageAttemptNumber(),
              new PlanReader(JavaConverters.asJavaIterator(rows)));
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

  private int run(int worker, int attempt, PlanReader plan) {
    Architecture architecture = job.model.architecture();
    ShardTree tree = new ShardTree(job.shards);
    Buckets buckets = new Buckets(architecture.elements(), Buckets.DEFAULT_ELEMENTS);
    try (AggregatorClient driver = new AggregatorClient(endpoint, attempt, worker);
        Network network =
            new Network(architecture, job.compute.on(BarrierTaskContext.get().resources()))) {
      Parameters weights = network.newParameters();
      Map<FrozenModel, Parameters> frozen = frozen(network);
      Pass pass = new Pass(network);
      int first = driver.hello(buckets, job.workers, job.wire);
      for (int step = first; step < job.counts.length; step++) {
        long asked = System.nanoTime();
        driver.pull(
            step,
            buckets,
            job.wire,
            (values, b) -> weights.write(buckets.offset(b), values, 0, values.length));
        long begun = System.nanoTime();
        ShardGradients gradients = new ShardGradients(job.wire, tree);
        List<Double> sums = new ArrayList<>();
        long tokens = 0;
        for (int shard = tree.firstShard(worker, job.workers);
            shard < tree.firstShard(worker + 1, job.workers);
            shard++) {
          try (Parameters leaves = weights.leaves()) {
            for (int role = 0; role < job.roles.size(); role++) {
              double sum = 0;
              for (List<Example> batch = plan.next(step, shard, role, job.microBatch);
                  !batch.isEmpty();
                  batch = plan.next(step, shard, role, job.microBatch)) {
                double coefficient = job.roles.get(role).weight() / job.counts[step][role];
                sum += pass.accumulate(job.roles.get(role), batch, coefficient, leaves, frozen);
                tokens +=
                    batch.stream()
                        .flatMap(e -> e.views().stream())
                        .mapToLong(v -> v.tokens().length)
                        .sum();
              }
              sums.add(sum);
            }
            gradients.add(shard, gradient(leaves, buckets));
          }
        }
        long computed = System.nanoTime();
        double[] termSums = sums.stream().mapToDouble(Double::doubleValue).toArray();
        driver.report(step, new WorkerStep(termSums, tokens, computed - begun, begun - asked));
        List<Integer> roots = tree.roots(worker, job.workers);
        driver.push(step, roots, gradients.take(roots), job.wire);
      }
      return job.counts.length - first;
    }
  }

  private static float[][] gradient(Parameters leaves, Buckets buckets) {
    float[][] vector = buckets.allocate();
    for (int b = 0; b < vector.length; b++) {
      leaves.readGradients(buckets.offset(b), vector[b], 0, vector[b].length);
    }
    return vector;
  }

  private Map<FrozenModel, Parameters> frozen(Network network) {
    Map<FrozenModel, Parameters> frozen = new EnumMap<>(FrozenModel.class);
    for (FrozenModel model : Role.frozen(job.roles)) {
      frozen.put(model, job.frozen.get(model).parameters(network));
    }
    return frozen;
  }

  /** Hands out the plan's rows in order, micro-batch by micro-batch. */
  private static final class PlanReader {
    private final Iterator<Tuple2<PlanKey, Example>> rows;
    private Tuple2<PlanKey, Example> head;

    PlanReader(Iterator<Tuple2<PlanKey, Example>> rows) {
      this.rows = rows;
      this.head = rows.hasNext() ? rows.next() : null;
    }

    /** The next rows of a shard and role, at most {@code most}; empty when there are no more. */
    List<Example> next(int step, int shard, int role, int most) {
      while (head != null && head._1().step() < step) {
        advance(); // done before a retry of this stage
      }
      List<Example> batch = new ArrayList<>();
      while (head != null && batch.size() < most && at(head._1(), step, shard, role)) {
        batch.add(head._2());
        advance();
      }
      return batch;
    }

    private static boolean at(PlanKey key, int step, int shard, int role) {
      return key.step() == step && key.shard() == shard && key.role() == role;
    }

    private void advance() {
      head = rows.hasNext() ? rows.next() : null;
    }
  }
}
