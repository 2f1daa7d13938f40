package lethe.train.worker;

import java.io.Serializable;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ObjIntConsumer;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.ModelSource;
import lethe.model.TrainedModel;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Compute;
import lethe.objective.FrozenModel;
import lethe.objective.Role;
import lethe.spark.ScalaCollections;
import lethe.train.exchange.DriverConnection;
import lethe.train.exchange.ExchangeSpec;
import lethe.train.exchange.GradientUpload;
import lethe.train.exchange.MailboxAddress;
import lethe.train.exchange.MailboxClient;
import lethe.train.exchange.WorkerEnvironment;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.Sharpness;
import lethe.train.gradient.WireFormat;
import lethe.train.plan.PlanReader;
import lethe.train.plan.RowKey;
import lethe.train.steering.ProbeDecision;
import org.apache.spark.BarrierTaskContext;
import scala.Tuple2;
import scala.runtime.AbstractFunction1;

/** One worker: a barrier task that turns its rows of the plan into gradients, step by step. */
public final class WorkerTask
    extends AbstractFunction1<
        scala.collection.Iterator<Tuple2<RowKey, Example>>, scala.collection.Iterator<Integer>>
    implements Serializable {
  /** Launch and attempt of the worker in this process. */
  private static final AtomicReference<String> PROCESS = new AtomicReference<>();

  /**
   * How long to wait for a worker of an earlier attempt to leave native code, where it cannot be
   * interrupted: a pass over one micro-batch takes minutes at most. One that takes longer hangs,
   * and the failure of this attempt makes Spark start another.
   */
  private static final Duration PREDECESSOR_PATIENCE = Duration.ofMinutes(5);

  private final WorkerSpec spec;
  private final MailboxAddress address;

  /**
   * What every worker needs to know.
   *
   * @param model that is trained, and where its training begins
   * @param start SHA-256 of the weights that are trained, as they are at the beginning
   * @param untrained fingerprint of the weights that are not trained; empty if all are
   * @param frozen where to read the weights of the models that the roles' terms need
   * @param roles of the method
   * @param counts what each term is divided by: [step][role]
   * @param domains to forget if a target steers the training, else none
   * @param workers of the launch
   * @param shards of a step
   * @param microBatch examples per pass
   * @param compute how a worker computes
   * @param layout of the vector that travels
   * @param wire how gradients travel
   * @param gradientMode whether they travel in parts
   * @param sharpness whether forget terms have a gradient at moved weights, too
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record WorkerSpec(
      TrainedModel model,
      String start,
      String untrained,
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
      GradientMode gradientMode,
      Sharpness sharpness)
      implements Serializable {
    /** The same specification for another number of workers. */
    public WorkerSpec with(int ofWorkers) {
      return new WorkerSpec(
          model,
          start,
          untrained,
          frozen,
          roles,
          counts,
          domains,
          ofWorkers,
          shards,
          microBatch,
          compute,
          layout,
          wire,
          gradientMode,
          sharpness);
    }
  }

  public WorkerTask(WorkerSpec spec, MailboxAddress address) {
    this.spec = spec;
    this.address = address;
  }

  @Override
  public scala.collection.Iterator<Integer> apply(
      scala.collection.Iterator<Tuple2<RowKey, Example>> rows) {
    BarrierTaskContext context = BarrierTaskContext.get();
    String me = address.launch() + "." + context.stageAttemptNumber();
    claimProcess(me);
    LoadedModel.clear();
    try (MailboxClient client =
        new MailboxClient(address, context.stageAttemptNumber(), context.partitionId())) {
      DriverConnection driver = FaultyConnection.ifAsked(client, me, context.partitionId());
      int steps = run(driver, context.partitionId(), ScalaCollections.iterator(rows));
      return ScalaCollections.iterator(List.of(steps).iterator());
    } finally {
      releaseProcess();
    }
  }

  /**
   * One worker per process: DJL and the thread settings of PyTorch belong to the process. A worker
   * of an earlier attempt may still be in native code when this one starts; it is waited for.
   */
  private static void claimProcess(String me) {
    synchronized (PROCESS) {
      long end = System.nanoTime() + PREDECESSOR_PATIENCE.toNanos();
      while (PROCESS.get() != null) {
        if (PROCESS.get().equals(me)) {
          throw new IllegalStateException(
              "Two workers in one process: give each worker an executor of its own (spark.executor.cores and train.threads)");
        }
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new IllegalStateException(
              "The worker of attempt %s still runs in this process after %d s"
                  .formatted(PROCESS.get(), PREDECESSOR_PATIENCE.toSeconds()));
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

  private int run(DriverConnection driver, int worker, Iterator<Tuple2<RowKey, Example>> rows) {
    try {
      return steps(driver, worker, rows);
    } catch (IllegalArgumentException e) {
      driver.unable(e); // a wrong setting, device or plan would fail again
      throw e;
    }
  }

  /** The workers' half of step k; the driver's half is {@code lethe.train.StepLoop}. */
  private int steps(DriverConnection driver, int worker, Iterator<Tuple2<RowKey, Example>> rows) {
    Compute compute = spec.compute.on(BarrierTaskContext.get().resources());
    try (Network network = new Network(spec.model.architecture(), compute)) {
      Parameters weights = network.newParameters();
      Map<FrozenModel, Parameters> frozen = frozen(network, weights);
      DriverConnection.Start start = hello(driver, compute);
      // After hello: reading may take longer than a lost worker may be missing.
      boolean read = new StartReader(spec, worker).read(start.step(), weights);
      PlanReader plan = new PlanReader(rows, start.step());
      MicroBatch microBatch = new MicroBatch(network);
      ProbeWork probe = new ProbeWork(spec, plan, microBatch, worker);
      StepWork work = new StepWork(spec, plan, microBatch, frozen, worker);
      ProbeDecision decision = start.decision();
      int step = start.step();
      for (; anythingLeft(step, decision); step++) {
        if (step > start.step() || !read) {
          load(driver, step, weights);
        }
        if (step == decision.nextProbeStep()) {
          decision = driver.probe(step, probe.losses(weights));
          if (decision.done()) {
            break;
          }
        }
        GradientUpload upload = driver.upload(step, work.nodes(), spec.layout, spec.wire);
        OutgoingGradient gradient = work.compute(step, decision, weights, upload);
        if (spec.sharpness.any()) {
          gradient.flush();
          driver.pullMoved(step, spec.layout, spec.wire, write(weights));
          work.computeMoved(weights, gradient);
        }
        driver.report(step, work.report());
        gradient.flush();
      }
      return step - start.step();
    }
  }

  private DriverConnection.Start hello(DriverConnection driver, Compute compute) {
    return driver.hello(
        ExchangeSpec.greeting(
            spec.layout, spec.workers, spec.wire, spec.gradientMode, spec.sharpness),
        WorkerEnvironment.ofThisProcess(compute),
        WorkerEnvironment.device(BarrierTaskContext.get().resources()));
  }

  /** Whether there is anything to do at a step: a gradient, or a last probe. */
  private boolean anythingLeft(int step, ProbeDecision decision) {
    return !decision.done() && (step < spec.counts.length || step == decision.nextProbeStep());
  }

  /** Fetches the trained weights. */
  private void load(DriverConnection driver, int step, Parameters weights) {
    driver.pull(step, spec.layout, spec.wire, write(weights));
  }

  private ObjIntConsumer<float[]> write(Parameters weights) {
    return (values, bucket) -> spec.layout.write(bucket, values, weights::write);
  }

  private Map<FrozenModel, Parameters> frozen(Network network, Parameters weights) {
    Map<FrozenModel, Parameters> frozen = new EnumMap<>(FrozenModel.class);
    for (FrozenModel model : Role.frozen(spec.roles)) {
      frozen.put(model, spec.model.besides(spec.frozen.get(model), network, weights));
    }
    return frozen;
  }
}
