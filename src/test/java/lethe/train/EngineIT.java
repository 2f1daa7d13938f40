package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lethe.examples.ExampleRow;
import lethe.examples.Examples;
import lethe.examples.ProbePlan;
import lethe.examples.ProbeRow;
import lethe.examples.SmallChunks;
import lethe.folder.RunFolder;
import lethe.generation.Answers;
import lethe.generation.GenerationSettings;
import lethe.inference.ComputeSettings;
import lethe.inference.ComputeSettings.DeviceChoice;
import lethe.inference.GpuStages;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.model.StartWeights;
import lethe.model.TinyLlama;
import lethe.model.TrainedModel;
import lethe.model.adapter.AdaptedNetwork;
import lethe.model.adapter.Adapter;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.torch.Activations;
import lethe.model.torch.Precision;
import lethe.objective.Descent;
import lethe.objective.GradientAscent;
import lethe.objective.RetainBound;
import lethe.objective.Role;
import lethe.settings.InvalidSettings;
import lethe.table.Rows;
import lethe.target.ProbeResult;
import lethe.target.SteeringRules;
import lethe.target.SteeringTarget;
import lethe.train.gradient.GradientConflict;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.RisingRates;
import lethe.train.optimizer.UpdateRule;
import lethe.train.plan.StepCounting;
import lethe.train.worker.FaultInjection;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The training engine on real executor processes. Most runs follow each other in one Spark
 * application with two executors, which takes longer to start than a run; those that need another
 * one come last.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EngineIT {
  private static final int LAST = Order.DEFAULT + 1;

  private static final List<Role> ROLES =
      List.of(new Role("forget", new GradientAscent(), 1), new Role("retain", new Descent(), 1));

  /** Between the loss at the start and after six steps, nats a token. */
  private static final double TARGET = 4.7;

  private static final double BAND = 0.2;

  /** The file that tells executors where to die. */
  private static final String FAULT = "fault";

  @TempDir static Path folder;

  private static Outcome undisturbed;

  /** The model that answers. */
  private static ModelSource said;

  /** The application of runs that need none of their own; null while another one runs. */
  private static SparkSession common;

  /** Two workers and no fault. */
  private Outcome undisturbed() throws IOException {
    if (undisturbed == null) {
      undisturbed = new Run("undisturbed").train();
    }
    return undisturbed;
  }

  @Test
  @Order(LAST)
  void anyNumberOfWorkersGivesTheSameBits() throws IOException {
    Outcome two = undisturbed();
    List<String> answers = new ArrayList<>();
    Outcome one =
        new Run("one").workers(1).train(spark -> answers.addAll(answersOn(spark, Set.of("0"))));
    List<String> onTwo = new ArrayList<>();
    Outcome wide =
        new Run("wide")
            .executorCores(4) // and still one worker an executor
            .train(spark -> onTwo.addAll(answersOn(spark, Set.of("0", "1"))));
    assertThat(answers).hasSize(24).doesNotHaveDuplicates();
    assertThat(onTwo).as("what models say").isEqualTo(answers);
    assertThat(one.steps).extracting(StepRecord::step).containsExactly(1, 2, 3, 4, 5, 6, 7);
    for (int i = 0; i < one.steps.size(); i++) {
      assertThat(two.steps.get(i).losses()).isEqualTo(one.steps.get(i).losses());
      assertThat(two.steps.get(i).gradNorm()).isEqualTo(one.steps.get(i).gradNorm());
    }
    assertThat(one.sha256)
        .isEqualTo(two.sha256)
        .isEqualTo(wide.sha256)
        .isNotEqualTo(sha256(start().tensors()));
    assertThat(one.onTheWay).isEqualTo(two.onTheWay).doesNotContainValue(sha256(start().tensors()));
    assertThat(one.onTheWay.keySet()).containsExactly(1, 2, 3, 4, 5, 6, 7);
    assertThat(one.onTheWay.values()).doesNotHaveDuplicates();
    assertThat(one.onTheWay).containsEntry(7, one.sha256);
  }

  /** Weights are taken before the checkpoint of their step, so none are passed by. */
  @Test
  void weightsThatWereNotTakenAreTakenWhenTheTrainingGoesOn() throws IOException {
    Run first = new Run("way").checkpointEvery(1).failAt(3);
    assertThatThrownBy(first::train).hasMessageContaining("the weights of step 3 are lost");
    assertThat(first.onTheWay.keySet()).containsExactly(1, 2);
    Outcome second = new Run("way").checkpointEvery(1).train();
    assertThat(second.onTheWay.keySet()).containsExactly(3, 4, 5, 6, 7);
    assertThat(undisturbed().onTheWay).containsAllEntriesOf(first.onTheWay);
    assertThat(undisturbed().onTheWay).containsAllEntriesOf(second.onTheWay);
  }

  @Test
  void stepsBySignsHaveTheSameBitsToo() throws IOException {
    Outcome one = new Run("sign-one").rule(UpdateRule.SIGN).workers(1).train();
    Outcome two = new Run("sign-two").rule(UpdateRule.SIGN).fault("worker/1/5/push").train();
    assertThat(two.steps).extracting(StepRecord::step).containsExactly(1, 2, 3, 4, 5, 6, 7);
    assertThat(two.onTheWay).isEqualTo(one.onTheWay);
    assertThat(two.sha256).isEqualTo(one.sha256).isNotEqualTo(undisturbed().sha256);
  }

  @Test
  void sixKilledExecutorsLoseNothingAndRepeatNothing() throws IOException {
    Outcome disturbed =
        new Run("rough")
            .after(
                step -> {
                  if (step <= 6) {
                    kill(executors().get(0));
                  }
                })
            .train();
    assertThat(disturbed.steps).extracting(StepRecord::step).containsExactly(1, 2, 3, 4, 5, 6, 7);
    // A worker may have sent its next gradient before it is killed, so not every kill costs a step.
    long beginnings =
        disturbed.steps.stream().map(s -> s.launch() + "." + s.attempt()).distinct().count();
    assertThat(beginnings).as("launches and attempts that applied a step").isBetween(3L, 7L);
    assertThat(disturbed.sha256).isEqualTo(undisturbed().sha256);
    assertThat(disturbed.onTheWay).isEqualTo(undisturbed().onTheWay);
  }

  @Test
  void aLaunchThatLacksAWorkerTooLongGoesOnWithThoseThereAre() throws IOException {
    Outcome fewer =
        new Run("fewer")
            .recovery(Duration.ofMillis(1)) // no replacement comes in time
            .after(step -> killOneAt(3, step))
            .train();
    assertThat(fewer.steps).extracting(StepRecord::step).containsExactly(1, 2, 3, 4, 5, 6, 7);
    assertThat(fewer.steps.get(6).launch()).as("launches beyond the first").isPositive();
    assertThat(fewer.sha256).isEqualTo(undisturbed().sha256);
  }

  @Test
  void anAdapterGivesTheSameBitsAndLeavesItsBaseAsItWas() throws IOException {
    Outcome one = new Run("adapter-one").adapter("all-linear").workers(1).train();
    Outcome rough =
        new Run("adapter-rough").adapter("all-linear").after(step -> killOneAt(3, step)).train();
    assertThat(rough.steps).extracting(StepRecord::step).containsExactly(1, 2, 3, 4, 5, 6, 7);
    AdaptedNetwork network = rough.model.adapted().orElseThrow();
    TensorSource before = rough.model.tensors();
    for (NamedShape tensor : network.architecture().tensors()) {
      boolean trained = network.names().contains(tensor.name());
      assertThat(values(rough.weights, tensor))
          .as(tensor.name())
          .isEqualTo(values(one.weights, tensor));
      assertThat(Arrays.equals(values(before, tensor), values(rough.weights, tensor)))
          .as(tensor.name() + " stays")
          .isEqualTo(!trained);
    }
    assertThat(one.steps.get(0).losses())
        .as("an adapter starts as its base")
        .isEqualTo(undisturbed().steps.get(0).losses());
  }

  @Test
  void frozenParametersStayToTheLastBit() throws IOException {
    Outcome frozen = new Run("frozen").freeze("model.layers.0.*", "*norm*").train();
    TensorSource before = start().tensors();
    for (NamedShape tensor : source().architecture().tensors()) {
      boolean stays = tensor.name().startsWith("model.layers.0.") || tensor.name().contains("norm");
      assertThat(Arrays.equals(values(before, tensor), values(frozen.weights, tensor)))
          .as(tensor.name() + " stays")
          .isEqualTo(stays);
    }
  }

  @Test
  void aTargetEndsItAtTheSameStepWithTheSameBitsForAnyWorkersAndAcrossAStop() throws IOException {
    Outcome one = new Run("steered-one").workers(1).target(TARGET).train();
    assertThat(one.steps).hasSizeBetween(2, 5);
    // Until it ends, nothing differs from a training that does not look where it is.
    for (int i = 0; i < one.steps.size(); i++) {
      assertThat(one.steps.get(i).losses()).isEqualTo(undisturbed().steps.get(i).losses());
    }
    JsonNode stop = stop("steered-one");
    assertThat(stop.get("outcome").asText()).isEqualTo("matched");
    assertThat(stop.get("best_step").asInt()).isEqualTo(one.steps.size());
    double reached = stop.get("probes").get(stop.get("probes").size() - 1).get("nll").asDouble();
    assertThat(reached).isBetween(TARGET - BAND / 2, TARGET + BAND);

    // Two workers, stopped after the first step and begun again.
    Run stopped = new Run("steered-two").target(TARGET);
    assertThatThrownBy(() -> stopped.after(step -> stopped.request.request()).train())
        .isInstanceOf(StoppedException.class);
    assertThat(folder.resolve("steered-two/stop.json")).doesNotExist();
    // And one of them is killed with its half of the look at the loss in hand.
    Outcome two = new Run("steered-two").target(TARGET).fault("worker/1/1/probe").train();
    assertThat(two.steps.get(0).step()).isEqualTo(2);
    assertThat(two.steps.get(0).launch() + two.steps.get(0).attempt()).isPositive();
    assertThat(two.sha256).isEqualTo(one.sha256).isNotEqualTo(undisturbed().sha256);
    assertThat(stop("steered-two")).isEqualTo(stop);
  }

  @Test
  @Order(LAST)
  void aRangeTestMeasuresTheSameCurveForAnyWorkersAndAcrossAStop() throws IOException {
    RisingRates rates = new RisingRates(1e-5, 1, 12);
    Run alone = new Run("rising-one").workers(1).target(TARGET).rates(rates);
    Outcome one = alone.train();
    assertThat(one.steps).hasSizeBetween(5, 11);
    for (StepRecord step : one.steps) {
      assertThat(step.learningRate()).isEqualTo(rates.rate(step.step() - 1));
    }
    assertThat(alone.probes).as("before each step").hasSize(one.steps.size() + 1);
    assertThat(alone.probes.get(one.steps.size()).nll()).isGreaterThan(TARGET - BAND / 2);
    assertThat(folder.resolve("rising-one/stop.json")).as("of a training").doesNotExist();
    assertThat(folder.resolve("rising-one/range-test-steps.jsonl")).exists();

    Run stopped = new Run("rising-two").target(TARGET).rates(rates);
    assertThatThrownBy(() -> stopped.after(step -> stopped.request.request()).train())
        .isInstanceOf(StoppedException.class);
    Run again = new Run("rising-two").target(TARGET).rates(rates).fault("worker/1/3/probe");
    Outcome two = again.train();
    assertThat(two.steps.get(0).step()).isEqualTo(2);
    assertThat(again.probes).isEqualTo(alone.probes);
    assertThat(two.sha256).isEqualTo(one.sha256);
  }

  /** Gradients at weights that the driver moves in the middle of a step. */
  @Test
  void aStepAgainstSharpnessHasTheSameBitsForAnyWorkersAndWhenOneDiesWithMovedWeights()
      throws IOException {
    Outcome one = new Run("sharp-one").sharpness(0.02).workers(1).train();
    Outcome two = new Run("sharp-two").sharpness(0.02).fault("worker/1/4/moved").train();
    assertThat(two.steps).extracting(StepRecord::step).containsExactly(1, 2, 3, 4, 5, 6, 7);
    assertThat(two.steps.get(3).launch() + two.steps.get(3).attempt()).isPositive();
    assertThat(two.onTheWay).isEqualTo(one.onTheWay);
    assertThat(two.sha256).isEqualTo(one.sha256).isNotEqualTo(undisturbed().sha256);
    assertThat(one.steps.get(0).losses())
        .as("losses are those at the weights themselves")
        .isEqualTo(undisturbed().steps.get(0).losses());
    assertThat(one.steps.get(0).gradNorm()).isNotEqualTo(undisturbed().steps.get(0).gradNorm());
  }

  /** With a bound on what is kept, so that one side is multiplied. */
  private Run sides(String name) {
    return new Run(name).gradientMode(GradientMode.PROJECTED).bound(new RetainBound(2, 0.1));
  }

  @Test
  void sidesToldApartGiveTheSameBitsForAnyWorkersAndAcrossAStop() throws IOException {
    Outcome one = sides("sides-one").workers(1).train();
    // Two workers, stopped after the third step and begun again.
    Run stopped = sides("sides-two");
    assertThatThrownBy(
            () ->
                stopped
                    .after(
                        step -> {
                          if (step == 3) {
                            stopped.request.request();
                          }
                        })
                    .train())
        .isInstanceOf(StoppedException.class);
    // And one of them is killed when it has sent one of its two sides.
    Outcome two = sides("sides-two").fault("worker/1/5/push").train();
    assertThat(two.sha256).isEqualTo(one.sha256).isNotEqualTo(undisturbed().sha256);
    assertThat(two.steps).extracting(StepRecord::step).containsExactly(4, 5, 6, 7);
    assertThat(two.steps.get(1).launch() + two.steps.get(1).attempt()).isPositive();
    for (StepRecord step : two.steps) {
      assertThat(step.conflict()).isEqualTo(one.steps.get(step.step() - 1).conflict());
      assertThat(step.conflict().projected()).isEqualTo(step.conflict().cosine() < 0);
      assertThat(step.retainFactor()).isEqualTo(one.steps.get(step.step() - 1).retainFactor());
    }
    // The factor of the second step is worked by hand: 1 + 0.1 (loss - 2).
    assertThat(one.steps.get(0).retainFactor()).as("1 is left out").isNull();
    assertThat(one.steps.get(1).retainFactor())
        .isEqualTo(1 + 0.1 * (one.steps.get(0).losses().get("retain.descent") - 2))
        .isGreaterThan(1.01);
    // The weights are the same before the first step, so its sides make up the whole that
    // travelled as one: |f + r|^2 = |f|^2 + |r|^2 + 2 |f| |r| cosine, unless something was removed.
    GradientConflict first = one.steps.get(0).conflict();
    double squares =
        Math.pow(first.forgetNorm(), 2)
            + Math.pow(first.retainNorm(), 2)
            + 2 * first.forgetNorm() * first.retainNorm() * first.cosine();
    assertThat(undisturbed().steps.get(0).gradNorm())
        .isCloseTo(Math.sqrt(squares), withinPercentage(0.01));
    // What is left of f is at a right angle to r.
    double left = Math.pow(first.forgetNorm(), 2) * (1 - Math.pow(first.cosine(), 2));
    assertThat(first.projected()).as("ascent conflicts with descent").isTrue();
    assertThat(one.steps.get(0).gradNorm())
        .isCloseTo(Math.sqrt(left + Math.pow(first.retainNorm(), 2)), withinPercentage(0.01));
  }

  @Test
  @Order(LAST)
  void eachTaskOfAModelHasAGpuOfItsOwnAndOtherTasksHaveNone() throws IOException {
    Path script = folder.resolve("gpus.sh");
    Files.writeString(
        script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"3\", \"5\"]}'\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    String bits = undisturbed().sha256; // of another Spark application
    Run two = new Run("gpus").gpus(script).after(step -> killOneAt(3, step));
    try (SparkSession spark = two.session()) {
      assertThat(two.train(spark).sha256).isEqualTo(bits);
      assertThat(two.notices)
          .filteredOn(sentence -> sentence.startsWith("worker 0 has GPU"))
          .isNotEmpty()
          .allMatch(
              said ->
                  said.matches(
                      "worker 0 has GPU ([35]) of \\S+; worker 1 has GPU (?!\\1)[35] of \\S+"));
      // Nothing on this machine can compute on it: what counts is that the processor is not taken.
      assertThatThrownBy(() -> new Run("auto").device(DeviceChoice.AUTO).train(spark))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageMatching(".*Cannot use gpu\\([35]\\): .*CUDA.*; executors need a driver.*");
      GpuStages stages = new GpuStages(spark, folder.resolve("stages"));
      stages.otherTasksAskForNone();
      stages.eachTaskOfAModelHasItsOwn();
      stages.withoutAGpuTheProcessorIsNotTaken();
      stages.labelsAndScoresAskForOne();
    }
  }

  /**
   * What a model answers to some prompts of several lengths, token by token.
   *
   * @param executors that do the work
   */
  private static List<String> answersOn(SparkSession spark, Set<String> executors) {
    BlockingQueue<String> tasks = new LinkedBlockingQueue<>();
    SparkListener listener =
        new SparkListener() {
          @Override
          public void onTaskEnd(SparkListenerTaskEnd end) {
            tasks.add(end.taskInfo().executorId());
          }
        };
    spark.sparkContext().addSparkListener(listener);
    Random random = new Random(3);
    List<Row> prompts =
        IntStream.range(0, 24)
            .mapToObj(
                i ->
                    RowFactory.create(
                        "row " + i,
                        random
                            .ints(3 + i % 4, 0, TinyLlama.VOCABULARY)
                            .boxed()
                            .toArray(Integer[]::new)))
            .toList();
    StructType columns =
        new StructType()
            .add(Answers.ID, DataTypes.StringType, false)
            .add(Answers.PROMPT_TOKENS, DataTypes.createArrayType(DataTypes.IntegerType, false));
    List<Row> answers =
        Answers.of(
                spark.createDataFrame(prompts, columns),
                ModelKey.of(said, ComputeSettings.cpu(1)),
                GenerationSettings.greedy(9, 3).endedBy(List.of(3, 5), List.of()).sampled(0.8, 1),
                spark.sparkContext().longAccumulator(),
                spark.sparkContext().longAccumulator())
            .collectAsList();
    Set<String> worked = new HashSet<>();
    while (!worked.equals(executors)) { // events come a little later than rows
      try {
        String executor = tasks.poll(10, TimeUnit.SECONDS);
        assertThat(executor).as("of %s only %s", executors, worked).isIn(executors);
        worked.add(executor);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    spark.sparkContext().removeSparkListener(listener);
    return answers.stream()
        .map(
            row ->
                row.getAs(Answers.ID)
                    + Arrays.toString(Rows.ints(row, Answers.ANSWER_TOKENS))
                    + row.getAs(Answers.STOP))
        .sorted()
        .toList();
  }

  @AfterAll
  static void stopCommon() {
    if (common != null) {
      common.stop();
      common = null;
    }
  }

  private static void killOneAt(int last, int step) {
    if (step == last) {
      kill(executors().get(0));
    }
  }

  private JsonNode stop(String name) throws IOException {
    return new ObjectMapper().readTree(folder.resolve(name + "/stop.json").toFile());
  }

  private record Outcome(
      List<StepRecord> steps,
      Map<Integer, String> onTheWay,
      TrainedModel model,
      TensorSource weights,
      String sha256) {}

  private ModelSource source() {
    return new ModelSource(folder.toString(), Map.of());
  }

  /** A training of seven steps with two workers, unless told otherwise. */
  private final class Run {
    private final String name;
    private int workers = 2;
    private int executorCores = 1;
    private ParameterPattern frozen = new ParameterPattern(List.of());
    private Optional<RetainBound> bound = Optional.empty();
    private double sharpness;
    private Optional<AdapterSettings> adapter = Optional.empty();
    private Duration recovery = Duration.ofSeconds(60);
    private Optional<Double> target = Optional.empty();
    private Optional<String> fault = Optional.empty();
    private GradientMode gradientMode = GradientMode.SUMMED;
    private UpdateRule rule = UpdateRule.ADAMW;
    private int checkpointEvery = 50;
    private int failAt;
    private DeviceChoice device = DeviceChoice.CPU;
    private boolean own;
    private final Map<String, String> spark = new HashMap<>();
    private final List<String> notices = new CopyOnWriteArrayList<>();
    private final StopRequest request = new StopRequest();
    private IntConsumer after = step -> {};
    private final Map<Integer, String> onTheWay = new TreeMap<>();
    private Optional<RisingRates> rates = Optional.empty();
    private List<ProbeResult> probes = List.of();

    Run(String name) {
      this.name = name;
    }

    /** A range test in place of a training: probed before each step. */
    Run rates(RisingRates other) {
      rates = Optional.of(other);
      return this;
    }

    Run checkpointEvery(int steps) {
      checkpointEvery = steps;
      return this;
    }

    /** The weights of a step cannot be taken. */
    Run failAt(int step) {
      failAt = step;
      return this;
    }

    Run rule(UpdateRule other) {
      rule = other;
      return this;
    }

    Run workers(int number) {
      workers = number;
      return this;
    }

    Run executorCores(int cores) {
      executorCores = cores;
      own = true;
      return this;
    }

    Run freeze(String... patterns) {
      frozen = new ParameterPattern(List.of(patterns));
      return this;
    }

    Run gradientMode(GradientMode how) {
      gradientMode = how;
      return this;
    }

    Run recovery(Duration timeout) {
      recovery = timeout;
      return this;
    }

    /** Forget loss at which it ends, nats a token. */
    Run target(double nll) {
      target = Optional.of(nll);
      return this;
    }

    /** A death, as {@link FaultInjection} reads it. */
    Run fault(String asked) {
      fault = Optional.of(asked);
      return this;
    }

    Run device(DeviceChoice choice) {
      device = choice;
      return this;
    }

    /**
     * Executors with two cores and a GPU each.
     *
     * @param script that says which there are: of one Spark worker, which holds all executors
     */
    Run gpus(Path script) {
      executorCores = 2;
      spark.put("spark.master", "local-cluster[1,%d,%d]".formatted(2 * workers, 1024 * workers));
      spark.put("spark.worker.resource.gpu.amount", "2");
      spark.put("spark.worker.resource.gpu.discoveryScript", script.toString());
      spark.put("spark.executor.resource.gpu.amount", "1");
      spark.put("spark.task.resource.gpu.amount", "0"); // as conf/gpu.conf
      spark.put(
          "spark.executor.extraClassPath",
          System.getProperty("lethe.classpath")
              + ":"
              + GpuStages.class.getProtectionDomain().getCodeSource().getLocation().getPath());
      return this;
    }

    /** What is done after each step, before the next. */
    Run after(IntConsumer fault) {
      after = fault;
      return this;
    }

    Run sharpness(double radius) {
      sharpness = radius;
      return this;
    }

    Run bound(RetainBound asked) {
      bound = Optional.of(asked);
      return this;
    }

    Run adapter(String... targets) {
      adapter =
          Optional.of(
              new AdapterSettings(
                  new Adapter(3, 6, false, List.of(targets)), 5, AdapterSettings.Written.MERGED));
      return this;
    }

    Outcome train() throws IOException {
      Files.deleteIfExists(folder.resolve(FAULT));
      if (fault.isPresent()) {
        Files.writeString(folder.resolve(FAULT), fault.get());
      }
      if (own) {
        return train((SparkSession spark) -> {});
      }
      if (common == null) {
        common = new Run("common").session();
      }
      return train(common);
    }

    /**
     * Trains in a Spark application of its own.
     *
     * @param also done there when it has ended
     */
    Outcome train(Consumer<SparkSession> also) {
      SparkSession spark = session();
      try {
        Outcome outcome = train(spark);
        also.accept(spark);
        return outcome;
      } finally {
        spark.stop();
      }
    }

    /** A Spark application for it, with an executor per worker; the common one ends. */
    SparkSession session() {
      stopCommon();
      SparkSession.Builder builder =
          SparkSession.builder()
              .master("local-cluster[" + workers + "," + executorCores + ",1024]")
              .config("spark.executor.cores", executorCores)
              .config("spark.executor.memory", "1g")
              .config("spark.ui.enabled", false)
              .config("spark.buffer.pageSize", "1m")
              .config("spark.sql.shuffle.partitions", 4)
              // Compiling a query takes longer than running it on so little data.
              .config("spark.sql.codegen.wholeStage", false)
              .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
              .config("spark.sql.adaptive.enabled", false)
              // A barrier stage that lacks slots looks for them again after this, 40 times.
              .config("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
              .config(
                  "spark.executor.extraJavaOptions", System.getProperty("lethe.executor-options"))
              .config("spark.executor.extraClassPath", System.getProperty("lethe.classpath"));
      builder.config("spark.executorEnv." + FaultInjection.VARIABLE, "@" + folder.resolve(FAULT));
      this.spark.forEach(builder::config);
      return builder.getOrCreate();
    }

    Outcome train(SparkSession spark) {
      RunFolder run = RunFolder.of(folder.resolve(name).toString(), new Configuration());
      List<StepRecord> records = new CopyOnWriteArrayList<>();
      Trainer.Listener listener =
          new Trainer.Listener() {
            @Override
            public void planned(int planned, int perStep) {}

            @Override
            public void step(StepRecord step) {
              records.add(step);
              after.accept(step.step());
            }

            @Override
            public void notice(String sentence) {
              System.out.println(name + ": " + sentence);
              notices.add(sentence);
            }
          };
      Trainer.TrainingSpec spec =
          new Trainer.TrainingSpec(
              "unlearn", source(), Map.of(), ROLES, bound, sharpness, Map.of());
      Trainer.Result result =
          new Trainer(
                  spark,
                  settings(),
                  run,
                  rates.map(r -> spec.at(new RangeTestSettings(r, 8), "range-test")).orElse(spec),
                  listener,
                  request)
              .train(
                  Examples.text(SmallChunks.of(spark)),
                  start(),
                  target.map(t -> probes(spark, t, rates.isPresent() ? 1 : 5)),
                  this::take);
      probes = result.probes();
      return new Outcome(
          List.copyOf(records),
          onTheWay,
          result.weights().model(),
          result.weights().values(),
          sha256(result.weights().values()));
    }

    private void take(int step, Supplier<TrainedWeights> weights) {
      if (step == failAt) {
        throw new IllegalStateException("the weights of step " + step + " are lost");
      }
      onTheWay.put(step, sha256(weights.get().values()));
    }

    private TrainSettings settings() {
      return new TrainSettings(
          6,
          new StepCounting(StepCounting.Batch.EACH_TERM, StepCounting.LastStep.SMALLER),
          2,
          Optional.of(7),
          1,
          rule,
          1e-2,
          Optional.empty(),
          LearningRateSchedule.Decay.COSINE,
          0.25,
          0,
          new ParameterPattern(List.of()),
          frozen,
          adapter,
          1,
          gradientMode,
          7,
          workers,
          new ComputeSettings(1, Precision.FLOAT32, Activations.KEEP, device),
          8,
          0,
          checkpointEvery,
          WireFormat.FLOAT32,
          Duration.ofMinutes(1),
          recovery,
          Duration.ofMinutes(5),
          1 << 10,
          true);
    }
  }

  /** Every forget chunk, over the shards. */
  private static ProbePlan probes(SparkSession spark, double nll, int every) {
    List<Row> forget =
        Examples.text(SmallChunks.of(spark))
            .filter("split = 'forget'")
            .orderBy("document", "ordinal")
            .collectAsList();
    List<Row> rows = new ArrayList<>();
    long tokens = 0;
    for (int i = 0; i < forget.size(); i++) {
      ExampleRow example = ExampleRow.of(forget.get(i));
      tokens += example.scored();
      rows.add(new ProbeRow(i % 8, 0, i, example.chunk(), example.views()).row());
    }
    SteeringTarget target =
        new SteeringTarget(
            List.of(new SteeringTarget.Domain("d", nll, tokens, tokens)), BAND, every, 100);
    return new ProbePlan(target, SteeringRules.PLAIN, spark.createDataFrame(rows, ProbeRow.SCHEMA));
  }

  /** Executor processes that this test's Spark has started, oldest first. */
  private static List<ProcessHandle> executors() {
    return ProcessHandle.current()
        .descendants()
        .filter(p -> p.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
        .sorted(Comparator.comparing(ProcessHandle::pid))
        .toList();
  }

  private static void kill(ProcessHandle process) {
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().join();
  }

  private String sha256(TensorSource weights) {
    MessageDigest digest = lethe.folder.Files.sha256();
    for (NamedShape tensor : source().architecture().tensors()) {
      float[] values = values(weights, tensor);
      ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
      bytes.asFloatBuffer().put(values);
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static float[] values(TensorSource weights, NamedShape tensor) {
    float[] values = new float[(int) tensor.elements()];
    weights.read(tensor.name(), 0, values, 0, values.length);
    return values;
  }

  private StartWeights start() {
    return StartWeights.random(source(), 0.2, 1);
  }

  @BeforeAll
  static void tinyModel() throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
"""
{"model_type": "llama", "hidden_size": 16, "num_attention_heads": 4, "num_key_value_heads": 2,
 "intermediate_size": 24, "num_hidden_layers": 2, "vocab_size": 50, "max_position_embeddings": 32,
 "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false}
""");
    said = TinyLlama.write(folder.resolve("said"), 1);
  }
}
