package lethe.train;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import lethe.folder.RunFolder;
import lethe.objective.Role;
import lethe.train.exchange.Ended;
import lethe.train.exchange.ExchangeSpec;
import lethe.train.exchange.Mailbox;
import lethe.train.exchange.WorkerEnvironment;
import lethe.train.optimizer.Optimizer;
import lethe.train.plan.TrainingPlan;
import lethe.train.steering.RetainMultiplier;
import lethe.train.steering.TargetController;
import lethe.train.worker.FaultInjection;
import lethe.train.worker.WorkerTask;
import org.apache.spark.sql.SparkSession;

/**
 * A training from the newest checkpoint to its end: launches the workers again and again, and saves
 * what {@link StepLoop} does with them.
 */
final class LaunchLoop implements AutoCloseable {
  /** Most launches in a row that apply no step: then training fails. */
  private static final int FRUITLESS_LAUNCHES = 3;

  /** How long the end of a run waits for a checkpoint before it notifies the user. */
  private static final Duration WRITER_PATIENCE = Duration.ofMinutes(10);

  private final SparkSession spark;
  private final TrainSettings settings;
  private final RunFolder folder;
  private final Trainer.TrainingSpec spec;
  private final TrainingPlan plan;
  private final ExchangeSpec firstExchange;
  private final WorkerTask.WorkerSpec workerSpec;
  private final Optimizer optimizer;
  private final Optional<TargetController> steering;
  private final Optional<RetainMultiplier> multiplier;
  private final IntConsumer applied;
  private final Trainer.Listener listener;
  private final StopRequest stop;
  private final WorkerEnvironment environment;
  private final Checkpoints checkpoints;
  private final TrainMetrics metrics;

  /**
   * @param exchange of the first launch
   * @param workerSpec of a worker of it
   * @param run what the result depends on: a checkpoint of another run is not resumed
   * @param applied takes the number of steps after each one, before its checkpoint
   */
  LaunchLoop(
      SparkSession spark,
      TrainSettings settings,
      RunFolder folder,
      Trainer.TrainingSpec spec,
      TrainingPlan plan,
      ExchangeSpec exchange,
      WorkerTask.WorkerSpec workerSpec,
      Optimizer optimizer,
      RunIdentity run,
      Optional<TargetController> steering,
      Optional<RetainMultiplier> multiplier,
      IntConsumer applied,
      Trainer.Listener listener,
      StopRequest stop) {
    this.spark = spark;
    this.settings = settings;
    this.folder = folder;
    this.spec = spec;
    this.plan = plan;
    this.firstExchange = exchange;
    this.workerSpec = workerSpec;
    this.optimizer = optimizer;
    this.steering = steering;
    this.multiplier = multiplier;
    this.applied = applied;
    this.listener = listener;
    this.stop = stop;
    this.environment = new WorkerEnvironment(settings.deterministic(), listener::notice);
    this.checkpoints =
        new Checkpoints(
            new CheckpointFolder(folder.checkpoints(spec.stage()), folder.files()),
            run,
            optimizer.rule().vectors(),
            exchange.layout().buckets(),
            WRITER_PATIENCE,
            listener::notice);
    this.metrics = new TrainMetrics(spec.stage(), spec.roles().stream().map(Role::name).toList());
  }

  /**
   * Trains until no step is left.
   *
   * @return the environment of the workers, as {@link WorkerEnvironment} names it
   * @throws StoppedException when a stop was requested; what is done is in a checkpoint
   * @throws IllegalStateException when training cannot continue
   */
  String execute() {
    resume();
    StepLog log =
        StepLog.open(
            folder, spec.stage(), settings.checkpointEvery(), optimizer.steps(), listener::notice);
    StepLoop.Journal kept = new FolderJournal(log);
    StepLoop.Journal journal =
        FaultInjection.asked().<StepLoop.Journal>map(f -> new FaultyJournal(kept, f)).orElse(kept);
    StepRecorder recorder =
        new StepRecorder(spec.roles(), counts(), Clock.systemUTC(), folder.files().driver());
    launches(new StepLoop(optimizer, recorder, steering, multiplier, stop, journal), log);
    log.close();
    return environment.run();
  }

  private void resume() {
    checkpoints
        .resume(optimizer)
        .ifPresent(
            state -> {
              environment.resume(state.environment());
              steering.ifPresent(s -> s.resume(state.steering()));
              multiplier.ifPresent(m -> state.retainFactor().ifPresent(m::resume));
              listener.notice(
                  "Resuming from the checkpoint of step %d of %d"
                      .formatted(optimizer.steps(), firstExchange.schedule().steps()));
            });
  }

  /**
   * What each term is divided by in the record of a step, given the domains that the step forgets.
   */
  private IntFunction<long[]> counts() {
    return steering
        .<IntFunction<long[]>>map(
            s -> new EffectiveCounts(workerSpec.counts(), spec.roles(), plan, s)::of)
        .orElse(step -> workerSpec.counts()[step]);
  }

  private void launches(StepLoop loop, StepLog log) {
    int fruitless = 0;
    int workers = settings.workers();
    for (int launch = 0; !loop.done(firstExchange); launch++) {
      int before = optimizer.steps();
      Ended ended = launch(loop, firstExchange.launch(launch, workers));
      switch (ended.how()) {
        case DONE -> {
          return;
        }
        case STOPPED -> {
          log.flush();
          saveCheckpoint();
          checkpoints.await();
          throw new StoppedException(optimizer.steps(), firstExchange.schedule().steps());
        }
        case FAILED -> throw ended.cause();
        case LOST -> {
          fruitless = optimizer.steps() > before ? 0 : fruitless + 1;
          if (fruitless == FRUITLESS_LAUNCHES) {
            throw ended.cause();
          }
          workers = Math.min(settings.workers(), Math.max(1, executors()));
          listener.notice(
              "Training was interrupted after step %d (%s); it resumes from there with %d workers"
                  .formatted(
                      optimizer.steps(),
                      String.valueOf(ended.cause().getMessage()).lines().findFirst().orElse(""),
                      workers));
        }
      }
    }
  }

  private Ended launch(StepLoop loop, ExchangeSpec exchange) {
    Mailbox mailbox =
        new Mailbox(
            exchange, optimizer.weights(), environment, steering.map(TargetController::tree));
    try (BarrierLaunch launch =
        new BarrierLaunch(spark, settings, stop, mailbox, listener::notice)) {
      launch.start(plan, workerSpec.with(exchange.workers()), optimizer.steps());
      Ended ended = loop.run(mailbox);
      if (ended.how() == Ended.How.DONE) {
        launch.awaitWorkers();
      }
      return ended;
    }
  }

  private void saveCheckpoint() {
    checkpoints.save(optimizer, environment.run(), steering, multiplier);
  }

  private int executors() {
    return spark.sparkContext().statusTracker().getExecutorInfos().length
        - 1; // the driver is one of them
  }

  @Override
  public void close() {
    try {
      checkpoints.close();
    } finally {
      metrics.close();
    }
  }

  /** The journal in the run folder, which also notifies the listener and the metrics. */
  private final class FolderJournal implements StepLoop.Journal {
    private final StepLog log;
    private final Saturation saturation = new Saturation(spec.roles(), listener::notice);

    FolderJournal(StepLog log) {
      this.log = log;
    }

    @Override
    public void add(StepRecord record) {
      if (spec.rates().isEmpty()) { // else the rate is as it should be while nothing moves yet
        saturation.check(record.step(), record.losses());
      }
      log.add(record);
      metrics.step(record);
      listener.step(record);
    }

    @Override
    public void checkpoint(int steps) {
      applied.accept(steps); // a run that goes on from the checkpoint does not come by here again
      boolean due = steps % settings.checkpointEvery() == 0;
      if (due && steps < firstExchange.schedule().steps() && log.isWhole()) {
        saveCheckpoint();
      }
    }
  }
}
