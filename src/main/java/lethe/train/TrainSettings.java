package lethe.train;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lethe.inference.ComputeSettings;
import lethe.model.ModelSource;
import lethe.model.StartWeights;
import lethe.model.TrainedModel;
import lethe.model.adapter.AdaptedNetwork;
import lethe.model.adapter.Adapter;
import lethe.model.network.Architecture;
import lethe.model.torch.Precision;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.UpdateRule;
import lethe.train.plan.StepCounting;

/**
 * How a model is trained.
 *
 * @param batch examples per step, of each role unless {@code counting} says otherwise
 * @param counting how examples are counted into steps
 * @param microBatch examples per forward pass
 * @param steps optimizer steps; wins over epochs
 * @param epochs over the first role's split
 * @param optimizer how a step changes the weights
 * @param learningRate peak; not a number while a range test has still to find it
 * @param rangeTest finds the rate, where none is given
 * @param decay of the rate after the warm-up
 * @param warmupRatio share of the steps used for warm-up, 0 to 1
 * @param weightDecay decoupled
 * @param undecayed parameters that do not decay
 * @param frozen parameters that are not trained
 * @param adapter trained in place of the model's own parameters, if there is one
 * @param maxGradNorm largest global norm of a gradient
 * @param gradientMode whether the gradients of terms that forget and that keep travel separately
 * @param seed of the order of examples
 * @param workers executors
 * @param compute of a worker
 * @param shards virtual shards of a step, a power of two
 * @param port of the mailbox; 0 for any
 * @param checkpointEvery steps between two checkpoints
 * @param wire how gradients and weights travel
 * @param startTimeout how long executors may take to start
 * @param recoveryTimeout how long a stage may lack a worker before it is launched again with the
 *     workers that are left
 * @param stepTimeout how long a step may take before it is launched again
 * @param bucketElements of one message of gradients or weights
 * @param deterministic whether workers of different kinds are refused
 */
public record TrainSettings(
    int batch,
    StepCounting counting,
    int microBatch,
    Optional<Integer> steps,
    double epochs,
    UpdateRule optimizer,
    double learningRate,
    Optional<RangeTestSettings> rangeTest,
    LearningRateSchedule.Decay decay,
    double warmupRatio,
    double weightDecay,
    ParameterPattern undecayed,
    ParameterPattern frozen,
    Optional<AdapterSettings> adapter,
    double maxGradNorm,
    GradientMode gradientMode,
    long seed,
    int workers,
    ComputeSettings compute,
    int shards,
    int port,
    int checkpointEvery,
    WireFormat wire,
    Duration startTimeout,
    Duration recoveryTimeout,
    Duration stepTimeout,
    int bucketElements,
    boolean deterministic) {
  /** The key of {@link #learningRate}. */
  public static final String LEARNING_RATE = "learning-rate";

  /** What the key may be in place of a number. */
  private static final String TARGET = "target";

  /**
   * Reads {@code train}, with the keys of other sections overriding its own.
   *
   * @param root of the settings
   * @param over for example {@code pretrain}: its keys win
   * @param under sections whose keys win over those of {@code train}, an earlier one over a later
   *     one
   */
  public static TrainSettings read(Section root, String over, String... under) {
    Section all = root.section("train");
    Recipe recipe = new Recipe(root, over, under);
    int workers = all.count("workers", 1);
    int shards = all.count("shards", 1);
    if (Integer.bitCount(shards) != 1) {
      all.problem("shards", "must be a power of two, was " + shards);
    } else if (shards < workers) {
      all.problem("shards", "must be at least train.workers (" + workers + "), was " + shards);
    }
    return new TrainSettings(
        recipe.of("batch").count("batch", 1),
        StepCounting.read(all),
        recipe.of("micro-batch").count("micro-batch", 1),
        recipe.steps(),
        recipe.of("epochs").doubleInRange("epochs", 1e-9, 1e6),
        recipe.of("optimizer").choice("optimizer", UpdateRule.class),
        rate(recipe.of(LEARNING_RATE)),
        RangeTestSettings.read(all).filter(found -> toTarget(recipe.of(LEARNING_RATE))),
        recipe.of("lr-schedule").choice("lr-schedule", LearningRateSchedule.Decay.class),
        recipe.of("warmup-ratio").doubleInRange("warmup-ratio", 0, 1),
        recipe.of("weight-decay").doubleInRange("weight-decay", 0, 1),
        names(recipe.of("no-weight-decay"), "no-weight-decay"),
        names(recipe.of("freeze"), "freeze"),
        adapter(recipe.inside("lora"), all),
        recipe.of("max-grad-norm").doubleInRange("max-grad-norm", 1e-9, 1e9),
        all.choice("gradient-mode", GradientMode.class),
        all.longInRange("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        workers,
        ComputeSettings.read(all),
        shards,
        (int) all.longInRange("aggregator-port", 0, 65535),
        all.count("checkpoint-every", 1),
        all.choice("wire-dtype", WireFormat.class),
        all.duration("start-timeout", Duration.ofSeconds(1)),
        all.duration("recovery-timeout", Duration.ofSeconds(1)),
        all.duration("step-timeout", Duration.ofSeconds(1)),
        Buckets.elements((int) all.longInRange("bucket-kib", 1, 1 << 20)),
        all.bool("deterministic"));
  }

  /**
   * Whether the part that conflicts with the retain gradient is removed from the forget gradient.
   */
  public boolean projects() {
    return gradientMode == GradientMode.PROJECTED;
  }

  /** Whether a rate follows from the target. */
  private static boolean toTarget(Section section) {
    return section.isWord(LEARNING_RATE, TARGET);
  }

  private static double rate(Section section) {
    return section.numberOr(TARGET, LEARNING_RATE, 1e-12, 10).orElse(Double.NaN);
  }

  /** Whether a batch can be cut into equal parts for so many roles, where it has to be. */
  public boolean isBatchFor(int roles) {
    return counting.divides(batch, roles);
  }

  /** Whether weights keep all of float32's digits, on their way to workers and there. */
  public boolean exact() {
    return wire == WireFormat.FLOAT32 && compute.precision() == Precision.FLOAT32;
  }

  /**
   * What travels at a step.
   *
   * @param apart whether the gradients of forget and retain terms have to travel apart
   * @param moved whether the one of the forget terms is taken at moved weights, too
   */
  public MemoryBudget.Traffic traffic(boolean apart, boolean moved) {
    GradientMode mode =
        apart && gradientMode == GradientMode.SUMMED ? GradientMode.SEPARATE : gradientMode;
    return new MemoryBudget.Traffic(mode.parts() + (moved ? 1 : 0), moved ? 2 : 1);
  }

  private static ParameterPattern names(Section section, String key) {
    List<String> patterns = section.strings(key);
    for (String pattern : patterns) {
      String mistake = ParameterPattern.mistake(pattern);
      if (mistake != null) {
        section.problem(key, "has \"" + pattern + "\", which is not a pattern: " + mistake);
        return new ParameterPattern(List.of());
      }
    }
    return new ParameterPattern(patterns);
  }

  /** Every key is read, so that a mistake in one is found before the adapter is used. */
  private static Optional<AdapterSettings> adapter(Recipe recipe, Section train) {
    int rank = recipe.of("rank").count("rank", 0);
    Section alpha = recipe.of("alpha");
    double value = alpha.doubleInRange("alpha", -1e6, 1e6);
    if (value == 0) {
      alpha.problem("alpha", "must not be 0: the adapter would have no effect");
    }
    List<String> targets = recipe.of("targets").strings("targets");
    if (targets.isEmpty()) {
      recipe.of("targets").problem("targets", "must name modules, or be [all-linear]");
    } else if (targets.size() > 1 && targets.contains(Adapter.ALL_LINEAR)) {
      recipe.of("targets").problem("targets", "has all-linear, which must be the only one");
    }
    boolean stabilized = recipe.of("rank-stabilized").bool("rank-stabilized");
    Section seeded = recipe.of("seed");
    long seed =
        (seeded.has("seed") ? seeded : train).longInRange("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    AdapterSettings.Written write =
        recipe.of("write").choice("write", AdapterSettings.Written.class);
    return rank == 0
        ? Optional.empty()
        : Optional.of(
            new AdapterSettings(new Adapter(rank, value, stabilized, targets), seed, write));
  }

  /**
   * The network that is trained: with the adapter, where there is one.
   *
   * @throws InvalidSettings when the adapter does not fit the network
   */
  public Optional<AdaptedNetwork> adapted(Architecture architecture) {
    return adapter.map(a -> AdaptedNetwork.of(architecture, a.adapter()));
  }

  /**
   * As {@link #adapted(Architecture)}.
   *
   * @param setting that names the targets, for messages
   */
  public Optional<AdaptedNetwork> adapted(Architecture architecture, String setting) {
    return adapter.map(a -> AdaptedNetwork.of(architecture, a.adapter(), setting));
  }

  /**
   * The same at a constant rate for a number of steps, without an adapter, so that the steps of a
   * shorter training are those at the beginning of a longer one.
   */
  public TrainSettings constant(int number) {
    return with(
        Optional.of(number),
        learningRate,
        rangeTest,
        LearningRateSchedule.Decay.CONSTANT,
        0,
        Optional.empty());
  }

  /** The same with the peak rate that a range test has found. */
  public TrainSettings at(double rate) {
    return with(steps, rate, Optional.empty(), decay, warmupRatio, adapter);
  }

  private TrainSettings with(
      Optional<Integer> number,
      double rate,
      Optional<RangeTestSettings> test,
      LearningRateSchedule.Decay curve,
      double warmUp,
      Optional<AdapterSettings> trained) {
    return new TrainSettings(
        batch,
        counting,
        microBatch,
        number,
        epochs,
        optimizer,
        rate,
        test,
        curve,
        warmUp,
        weightDecay,
        undecayed,
        frozen,
        trained,
        maxGradNorm,
        gradientMode,
        seed,
        workers,
        compute,
        shards,
        port,
        checkpointEvery,
        wire,
        startTimeout,
        recoveryTimeout,
        stepTimeout,
        bucketElements,
        deterministic);
  }

  /** The network that is trained, and where its training begins. */
  TrainedModel trained(ModelSource model, StartWeights start) {
    return new TrainedModel(
        model,
        start,
        adapter.map(AdapterSettings::adapter).orElse(null),
        adapter.map(AdapterSettings::seed).orElse(0L));
  }

  /**
   * How the trained tensors of a network are held and travel.
   *
   * @param architecture without the adapter
   */
  ParameterLayout layout(Architecture architecture) {
    Optional<AdaptedNetwork> adapted = adapted(architecture);
    return ParameterLayout.of(
        adapted.map(AdaptedNetwork::architecture).orElse(architecture).tensors(),
        adapted.<Predicate<String>>map(a -> a.names()::contains).orElse(name -> true),
        frozen,
        weightDecay == 0 ? new ParameterPattern(List.of()) : undecayed,
        bucketElements);
  }

  /** Threads per worker for matrix products. */
  public int threads() {
    return compute.threads();
  }

  /** The sections that hold a stage's recipe; the first that has a key decides its value. */
  private static final class Recipe {
    private final List<Section> sections;

    Recipe(Section root, String over, String... under) {
      this(
          Stream.of(Stream.of(over), Arrays.stream(under), Stream.of("train"))
              .flatMap(names -> names)
              .map(root::section)
              .toList());
    }

    private Recipe(List<Section> sections) {
      this.sections = sections;
    }

    /** The recipe of an object in each of the sections. */
    Recipe inside(String key) {
      return new Recipe(sections.stream().map(section -> section.section(key)).toList());
    }

    Section of(String key) {
      return sections.stream()
          .filter(section -> section.has(key))
          .findFirst()
          .orElse(sections.get(sections.size() - 1));
    }

    /** Steps, unless a section that comes before theirs gives epochs. */
    Optional<Integer> steps() {
      Section steps = of("steps");
      boolean epochsFirst = sections.indexOf(of("epochs")) < sections.indexOf(steps);
      return epochsFirst ? Optional.empty() : steps.optionalCount("steps", 1);
    }
  }

  /**
   * Examples of each role per step, for a split that may be smaller than a batch.
   *
   * @param available examples of the first role's split
   * @param roles number of roles
   */
  int perStep(long available, int roles) {
    return counting.perStep(batch, roles, available);
  }

  /**
   * Steps of the run. Unless steps know no epochs, an epoch's last step may be smaller than the
   * others, and a part of an epoch is rounded up to whole steps.
   *
   * @param roles number of roles
   * @throws InvalidSettings when the epochs have more steps than can be counted
   */
  int steps(long available, int roles) {
    if (steps.isPresent()) {
      return steps.get();
    }
    int perStep = perStep(available, roles);
    double all = counting.steps(epochs, available, perStep);
    if (all > Integer.MAX_VALUE) {
      throw new InvalidSettings(
          "Cannot train for train.epochs=%s: that is %.0f steps of %d examples; set fewer epochs, or set train.steps"
              .formatted(epochs, all, perStep));
    }
    return (int) all;
  }

  /**
   * The sum of the rates of all steps at a peak of 1.
   *
   * @param available examples of the first role's split
   * @param roles number of roles
   */
  public double factors(long available, int roles) {
    LearningRateSchedule schedule = at(1).schedule(steps(available, roles));
    double sum = 0;
    for (int step = 0; step < schedule.steps(); step++) {
      sum += schedule.rate(step);
    }
    return sum;
  }

  /** What of these settings decides a range test, by name. */
  public Map<String, Object> deciding() {
    Map<String, Object> deciding = new TreeMap<>();
    deciding.put("batch", batch);
    deciding.put("batch-counts, last-step", counting);
    deciding.put("optimizer", optimizer);
    deciding.put("range-test", rangeTest);
    deciding.put("weight-decay", weightDecay);
    deciding.put("no-weight-decay", undecayed);
    deciding.put("freeze", frozen);
    deciding.put("lora", adapter);
    deciding.put("max-grad-norm", maxGradNorm);
    deciding.put("gradient-mode", gradientMode);
    deciding.put("seed", seed);
    deciding.put("shards", shards);
    deciding.put("precision", compute.precision());
    deciding.put("wire-dtype", wire);
    return deciding;
  }

  LearningRateSchedule schedule(int steps) {
    if (Double.isNaN(learningRate)) {
      throw new IllegalStateException("The learning rate has not been found yet");
    }
    return new LearningRateSchedule(
        learningRate, steps, (int) Math.ceil(warmupRatio * steps), decay);
  }
}
