package lethe.train;

import static lethe.table.Columns.SPLIT;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import lethe.examples.ProbePlan;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.model.ModelSource;
import lethe.model.StartWeights;
import lethe.model.TrainedModel;
import lethe.objective.FrozenModel;
import lethe.objective.RetainBound;
import lethe.objective.Role;
import lethe.target.ProbeResult;
import lethe.target.SteeringRules;
import lethe.train.exchange.ExchangeSpec;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.Sharpness;
import lethe.train.optimizer.MasterWeights;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.StepRates;
import lethe.train.optimizer.UpdateRule;
import lethe.train.plan.StepCounting;
import lethe.train.plan.TrainingPlan;
import lethe.train.steering.RetainMultiplier;
import lethe.train.steering.TargetController;
import lethe.train.worker.WorkerTask;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Trains a model on a cluster: lays out the plan, launches the workers again and again until every
 * step is applied, and holds the weights while they work. The same engine serves unlearning,
 * pre-training and fine-tuning; they differ in their roles and their start.
 */
public final class Trainer {
  /**
   * What is trained.
   *
   * @param stage its name in the run folder, for example {@code unlearn}
   * @param model whose config.json is the network's
   * @param frozen the models that the roles' terms need, of the same network
   * @param roles which splits are trained on, and how; the first one's split sets the length of an
   *     epoch
   * @param bound on what the retain terms lose, if there is one
   * @param sharpnessRadius how far weights are moved before the forget terms' gradient is taken; 0:
   *     not at all
   * @param rates in place of those of the settings, and their steps in place of theirs: of a
   *     training whose model is not wanted
   * @param inputs what the examples were made from, by name: texts, numbers, records, hashes; with
   *     another a checkpoint is of another run
   */
  public record TrainingSpec(
      String stage,
      ModelSource model,
      Map<FrozenModel, ModelSource> frozen,
      List<Role> roles,
      Optional<RetainBound> bound,
      double sharpnessRadius,
      Optional<StepRates> rates,
      Map<String, ?> inputs) {
    /** A training at the rates of its settings. */
    public TrainingSpec(
        String stage,
        ModelSource model,
        Map<FrozenModel, ModelSource> frozen,
        List<Role> roles,
        Optional<RetainBound> bound,
        double sharpnessRadius,
        Map<String, ?> inputs) {
      this(stage, model, frozen, roles, bound, sharpnessRadius, Optional.empty(), inputs);
    }

    /** The same at the rates of a range test, and under another name. */
    public TrainingSpec at(RangeTestSettings test, String name) {
      return new TrainingSpec(
          name, model, frozen, roles, bound, sharpnessRadius, Optional.of(test.rates()), inputs);
    }

    /** A training without a bound. */
    public TrainingSpec(
        String stage,
        ModelSource model,
        Map<FrozenModel, ModelSource> frozen,
        List<Role> roles,
        Map<String, ?> inputs) {
      this(stage, model, frozen, roles, Optional.empty(), 0, inputs);
    }

    /** The step against sharpness, if there is one. */
    Sharpness sharpness() {
      return new Sharpness(sharpnessRadius);
    }

    public TrainingSpec {
      frozen = new HashMap<>(frozen); // a plain map, which every serializer knows
      roles = List.copyOf(roles);
      inputs = Map.copyOf(inputs);
    }
  }

  /** Receives what happens, from other threads too. */
  public interface Listener {
    /**
     * The training plan is made.
     *
     * @param steps of the run
     * @param perStep most examples of each role in a step
     */
    void planned(int steps, int perStep);

    /** A step has been applied. */
    void step(StepRecord step);

    /** The forget loss has been probed. */
    default void probed(ProbeResult probe) {}

    /** Something a user should know: a resumed checkpoint, a lost executor. */
    void notice(String sentence);
  }

  /**
   * What came out of a run.
   *
   * @param steps applied; the weights may be of an earlier one, where a target steered
   * @param perStep most examples of each role in a step
   * @param kept steps that the weights come from
   * @param weights of them
   * @param trained chunks of the first role that took part in the steps that made these weights:
   *     domain, document, ordinal
   * @param environment what decides the last bits besides: the workers' processor or GPU, threads,
   *     precision and libraries
   * @param probes of the forget loss, in order; none where no target steered
   */
  public record Result(
      int steps,
      int perStep,
      int kept,
      TrainedWeights weights,
      Dataset<Row> trained,
      String environment,
      List<ProbeResult> probes) {}

  /**
   * Removes everything a stage could resume from: its checkpoints and step records.
   *
   * @param stage its name in the run folder
   */
  public static void discard(RunFolder folder, String stage) {
    discardCheckpoints(folder, stage);
    StepLog.discard(folder, stage);
  }

  /**
   * Removes the checkpoints of a stage whose model is written.
   *
   * @param stage its name in the run folder
   */
  public static void discardCheckpoints(RunFolder folder, String stage) {
    new CheckpointFolder(folder.checkpoints(stage), folder.files()).discard();
  }

  private final SparkSession spark;
  private final TrainSettings settings;
  private final RunFolder folder;
  private final TrainingSpec spec;
  private final GradientMode gradientMode;
  private final Listener listener;
  private final StopRequest stop;

  /**
   * @param folder where checkpoints and step records are kept
   * @param stop a request to end early
   */
  public Trainer(
      SparkSession spark,
      TrainSettings settings,
      RunFolder folder,
      TrainingSpec spec,
      Listener listener,
      StopRequest stop) {
    this.spark = spark;
    this.settings = settings;
    this.folder = folder;
    this.spec = spec;
    this.gradientMode = mode(settings.gradientMode(), spec);
    this.listener = listener;
    this.stop = stop;
  }

  /**
   * Trains, going on from the newest checkpoint of the same run if there is one.
   *
   * @param chunks with their views, as {@link lethe.examples.Examples} makes them
   * @param start the weights to begin with
   * @param probes what ends the training when the forget loss has reached its target, if anything
   *     does; the steps of the settings are then the most there may be, and fix the schedule
   * @param onTheWay takes the weights after each step; a training that goes on from a checkpoint
   *     begins after it
   * @throws StoppedException when the stop was requested
   */
  public Result train(
      Dataset<Row> chunks,
      StartWeights start,
      Optional<ProbePlan> probes,
      TrainedWeights.Taker onTheWay) {
    long available = chunks.filter(chunks.col(SPLIT).equalTo(spec.roles().get(0).split())).count();
    int roles = spec.roles().size();
    int steps =
        spec.rates().map(StepRates::steps).orElseGet(() -> settings.steps(available, roles));
    int perStep = settings.perStep(available, roles);
    TrainingPlan plan =
        new TrainingPlan(
            spark,
            chunks,
            spec.roles(),
            perStep,
            steps,
            settings.counting(),
            settings.seed(),
            new ShardTree(settings.shards()),
            probes.map(ProbePlan::rows));
    long[][] counts = plan.counts();
    listener.planned(steps, perStep);
    if (spec.rates().isEmpty()) {
      warnOfUnreached(available, perStep, steps);
    }

    TrainedModel trained = settings.trained(spec.model(), start);
    ParameterLayout layout = settings.layout(trained.base());
    String untrained =
        layout.trained() < trained.architecture().elements() ? start.fingerprint() : "";
    StepRates schedule = spec.rates().orElseGet(() -> settings.schedule(steps));
    float[][] initial = MasterWeights.load(layout, trained.tensors());
    Optional<TargetController> steering =
        probes.map(
            p ->
                new TargetController(
                    p.target(),
                    p.rules(),
                    new ShardTree(settings.shards()),
                    steps,
                    listener::probed));
    ExchangeSpec exchange =
        new ExchangeSpec(
            layout,
            schedule,
            settings.wire(),
            gradientMode,
            spec.sharpness(),
            new ShardTree(settings.shards()),
            0,
            settings.workers());
    String startSha256 = MasterWeights.sha256(initial);
    RunIdentity identity = identity(layout, startSha256, untrained, counts, schedule, probes);
    JsonNode run = Json.MAPPER.valueToTree(identity);
    Function<float[][], TrainedWeights> weights =
        buckets ->
            new TrainedWeights(
                trained, new MasterWeights(layout, buckets, trained.untrained()), run);
    Optimizer optimizer =
        new Optimizer(
            settings.optimizer(), layout, initial, settings.maxGradNorm(), settings.weightDecay());
    String environment;
    try (LaunchLoop launches =
        new LaunchLoop(
            spark,
            settings,
            folder,
            spec,
            plan,
            exchange,
            workerSpec(trained, startSha256, untrained, layout, counts, steering),
            optimizer,
            identity,
            steering,
            spec.bound().map(this::multiplier),
            applied -> onTheWay.take(applied, () -> weights.apply(optimizer.weights())),
            listener,
            stop)) {
      environment = launches.execute();
    }
    Optional<TargetController.SteeringRecord> steered = steering.map(TargetController::record);
    steered.filter(ended -> spec.rates().isEmpty()).ifPresent(this::writeEnd);
    return new Result(
        optimizer.steps(),
        perStep,
        steering.map(TargetController::bestStep).orElseGet(optimizer::steps),
        weights.apply(steering.map(TargetController::best).orElseGet(optimizer::weights)),
        plan.used(0, used(optimizer.steps(), steering)),
        environment,
        steered.map(TargetController.SteeringRecord::probes).orElse(List.of()));
  }

  private RetainMultiplier multiplier(RetainBound bound) {
    Map<String, Double> weights = new TreeMap<>();
    spec.roles().stream()
        .filter(role -> !role.forgets())
        .forEach(role -> weights.put(role.name(), role.weight()));
    return new RetainMultiplier(bound.nats(), bound.rate(), weights);
  }

  /** A bound multiplies the gradient of the retain terms, and sharpness takes the others' alone. */
  private static GradientMode mode(GradientMode asked, TrainingSpec spec) {
    boolean apart =
        (spec.bound().isPresent() || spec.sharpness().any()) && asked == GradientMode.SUMMED;
    return (apart ? GradientMode.SEPARATE : asked).of(spec.roles());
  }

  /** The specification for the workers of the first launch. */
  private WorkerTask.WorkerSpec workerSpec(
      TrainedModel trained,
      String start,
      String untrained,
      ParameterLayout layout,
      long[][] counts,
      Optional<TargetController> steering) {
    return new WorkerTask.WorkerSpec(
        trained,
        start,
        untrained,
        spec.frozen(),
        spec.roles(),
        counts,
        steering.map(TargetController::domains).orElse(List.of()),
        settings.workers(),
        settings.shards(),
        settings.microBatch(),
        settings.compute(),
        layout,
        settings.wire(),
        gradientMode,
        spec.sharpness());
  }

  /** Warns of examples that no step will use, so that nobody thinks they are trained on. */
  private void warnOfUnreached(long available, int perStep, int steps) {
    long reached = TrainingPlan.reached(available, perStep, steps);
    if (reached < available) {
      listener.notice(
          "Warning: %d of %d chunks of %s are in no step (%d steps of %d chunks); train.steps=%d would use them all"
              .formatted(
                  available - reached,
                  available,
                  spec.roles().get(0).split(),
                  steps,
                  perStep,
                  TrainingPlan.stepsPerEpoch(available, perStep)));
    }
  }

  /**
   * Which uses of a chunk count towards the kept weights: those in steps applied before these
   * weights were copied, while its domain was being forgotten.
   */
  private static TrainingPlan.Used used(int applied, Optional<TargetController> steering) {
    if (steering.isEmpty()) {
      return (step, domain) -> step < applied;
    }
    int best = steering.get().bestStep();
    HashMap<String, boolean[]> open = new HashMap<>();
    List<String> domains = steering.get().domains();
    domains.forEach(domain -> open.put(domain, new boolean[best]));
    for (int step = 0; step < best; step++) {
      double[] weights = steering.get().weightsAt(step);
      for (int d = 0; d < weights.length; d++) {
        open.get(domains.get(d))[step] = weights[d] > 0;
      }
    }
    return (step, domain) -> step < best && open.containsKey(domain) && open.get(domain)[step];
  }

  private void writeEnd(TargetController.SteeringRecord ended) {
    folder.files().writeJson(folder.stop(), ended);
    String place = switch (ended.outcome()) { // not the verdict, which comes from the judging half
          case UNDER -> "below";
          case MATCHED -> "in";
          case OVER, UNDECIDED -> "above";
        };
    listener.notice(
        "Ended after %d of at most %d steps, with the forget loss of the steering half %s its band; the weights are those of step %d"
            .formatted(ended.steps(), ended.most(), place, ended.best()));
  }

  /** Everything that decides the result, and nothing else. */
  private RunIdentity identity(
      ParameterLayout layout,
      String start,
      String untrained,
      long[][] counts,
      StepRates schedule,
      Optional<ProbePlan> probes) {
    Map<String, Object> parts = new TreeMap<>(spec.inputs());
    parts.put("the model's tensors", layout);
    parts.put("the terms", spec.roles().stream().map(Trainer::part).toList());
    parts.put("the plan", Map.of("steps", counts.length, "counts_sha256", sha256(counts)));
    parts.put("the learning rates", schedule);
    probes.ifPresent(p -> parts.put("the target", p.target()));
    probes
        .map(ProbePlan::rules)
        .filter(rules -> !rules.equals(SteeringRules.PLAIN)) // older runs have no others
        .ifPresent(rules -> parts.put("the steering", rules));
    if (settings.counting().lastStep()
        != StepCounting.LastStep.SMALLER) { // older runs have no other
      parts.put("train.last-step", settings.counting().lastStep());
    }
    if (settings.optimizer() != UpdateRule.ADAMW) { // older runs do not record theirs
      parts.put("train.optimizer", settings.optimizer());
    }
    settings.adapter().ifPresent(a -> parts.put("train.lora", a.adapter()));
    settings.adapter().ifPresent(a -> parts.put("train.lora.seed", a.seed()));
    if (!untrained.isEmpty()) {
      parts.put(TrainedWeights.UNTRAINED, untrained);
    }
    spec.bound().ifPresent(bound -> parts.put("the bound on the retain terms", bound));
    if (spec.sharpness().any()) { // older runs have none
      parts.put("unlearn.sharpness-radius", spec.sharpnessRadius());
    }
    parts.put("train.seed", settings.seed());
    parts.put("train.shards", settings.shards());
    parts.put("train.max-grad-norm", settings.maxGradNorm());
    parts.put("train.weight-decay", settings.weightDecay());
    parts.put("train.gradient-mode", gradientMode);
    parts.put("train.wire-dtype", settings.wire());
    parts.put("train.precision", settings.compute().precision());
    parts.put("the weights to begin with", start);
    return RunIdentity.of(parts);
  }

  /** A term by its name: two kinds may have the same settings, or none. */
  private static Map<String, Object> part(Role role) {
    Map<String, Object> part = new TreeMap<>();
    part.put("split", role.split());
    part.put("term", role.term().name());
    part.put("settings", role.term());
    part.put("weight", role.weight());
    if (role.chunkCap().any()) { // older runs have none
      part.put("chunk cap", role.chunkCap());
    }
    return part;
  }

  private static String sha256(long[][] counts) {
    MessageDigest digest = Files.sha256();
    for (long[] step : counts) {
      ByteBuffer bytes = ByteBuffer.allocate(8 * step.length);
      bytes.asLongBuffer().put(step);
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
