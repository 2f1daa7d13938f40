package lethe.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lethe.SharedData;
import lethe.model.ModelSource;
import lethe.model.checkpoint.LongTensor;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.Safetensors;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.model.torch.Compute;
import lethe.objective.AnswerPreservation;
import lethe.objective.CalibratedPredictions;
import lethe.objective.CrossEntropy;
import lethe.objective.CrossEntropyUnlearning;
import lethe.objective.Descent;
import lethe.objective.Distillation;
import lethe.objective.Dpo;
import lethe.objective.FlatLogits;
import lethe.objective.FrozenModel;
import lethe.objective.GradientAscent;
import lethe.objective.JensenShannon;
import lethe.objective.JensenShannonLabels;
import lethe.objective.KullbackLeibler;
import lethe.objective.Margin;
import lethe.objective.MaxEntropy;
import lethe.objective.MaxEntropy.Direction;
import lethe.objective.Misdirection;
import lethe.objective.Npo;
import lethe.objective.RepresentationDistance;
import lethe.objective.Role;
import lethe.objective.SatImp;
import lethe.objective.SequenceTerm;
import lethe.objective.SimNpo;
import lethe.objective.Term;
import lethe.objective.Undial;
import lethe.objective.ViewKind;
import lethe.objective.WeightedAscent;
import lethe.train.StepRecord;
import lethe.train.exchange.ExchangeSpec;
import lethe.train.exchange.ExchangeWorker;
import lethe.train.exchange.LocalExchange;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.MasterWeights;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

/** Values and gradients of every term that PyTorch wrote for a tiny model, reproduced. */
class ObjectiveParityTest {
  private static final double BETA = 0.1;

  /** Labels that no file has: 5, 6 and 7 in turn from the second token on. */
  private static final String REPEATED = "repeated";

  /**
   * The labels of the file one place to the right, behind one more token: the positions that
   * predict them are then the labelled tokens' own, whose hidden states these losses take.
   */
  private static final String OWN_PLACES = "own places";

  /**
   * @param term the formula
   * @param views for each view, the batch it is in and its labels
   */
  private record Loss(Term term, List<View> views) {
    private record View(String batch, String labels) {}

    static Loss of(Term term, String... batches) {
      return new Loss(
          term, Arrays.stream(batches).map(batch -> new View(batch, "labels")).toList());
    }
  }

  private static Map<String, Loss> losses() {
    Map<String, Loss> losses = new LinkedHashMap<>();
    losses.put("gradient_ascent", Loss.of(new GradientAscent(), "forget"));
    losses.put(
        "cross_entropy(random_labels)",
        new Loss(
            new CrossEntropy(ViewKind.RANDOM_LABELS),
            List.of(new Loss.View("forget", "random_labels"))));
    losses.put(
        "cross_entropy(adversarial_labels)",
        new Loss(
            new CrossEntropy(ViewKind.ADVERSARIAL_LABELS),
            List.of(new Loss.View("forget", "adversarial_labels"))));
    losses.put("gradient_descent(retain)", Loss.of(new Descent(), "retain"));
    losses.put("kl(retain)", Loss.of(new KullbackLeibler(), "retain"));
    losses.put("npo", Loss.of(new Npo(BETA), "forget"));
    losses.put("simnpo", Loss.of(new SimNpo(BETA, 0), "forget"));
    losses.put("dpo", Loss.of(new Dpo(BETA), "forget", "forget_idk"));
    losses.put("idk", Loss.of(new CrossEntropy(ViewKind.REJECTION), "forget_idk"));
    losses.put(
        "max_entropy(uniform_to_model)",
        Loss.of(new MaxEntropy(Direction.UNIFORM_TO_MODEL), "forget"));
    losses.put(
        "max_entropy(model_to_uniform)",
        Loss.of(new MaxEntropy(Direction.MODEL_TO_UNIFORM), "forget"));
    losses.put(
        "answer_preservation", Loss.of(new AnswerPreservation(BETA), "retain", "retain_idk"));
    return losses;
  }

  /**
   * The losses of the second set, each with its parameters.
   *
   * @param batches with the direction of misdirection
   */
  private static Map<String, Loss> losses2(Safetensors batches) {
    float[] direction = new float[shape(batches, "rmu.direction").shape().get(0).intValue()];
    batches.read("rmu.direction", 0, direction, 0, direction.length);
    Map<String, Loss> losses = new LinkedHashMap<>();
    losses.put("undial(10)", Loss.of(new Undial(10, 1), "forget"));
    losses.put("undial(3)", Loss.of(new Undial(3, 1), "forget"));
    losses.put("weighted_ascent(1)", Loss.of(new WeightedAscent(1), "forget"));
    losses.put("satimp(5,1)", Loss.of(new SatImp(5, 1), "forget"));
    losses.put("ce_u", Loss.of(new CrossEntropyUnlearning(), "forget"));
    losses.put("flat_logits", Loss.of(new FlatLogits(), "forget"));
    losses.put("margin(1,0)", Loss.of(new Margin(1, 0, 1), "forget"));
    losses.put("margin(4,0.5)", Loss.of(new Margin(4, 0.5, 1), "forget"));
    losses.put("jsd_retain", Loss.of(new JensenShannon(), "retain"));
    losses.put(
        "jsd_forget",
        new Loss(new JensenShannonLabels(), List.of(new Loss.View("forget", REPEATED))));
    losses.put(
        "calibrated(0.1)", Loss.of(new Distillation(new CalibratedPredictions(0.1, 1)), "forget"));
    losses.put(
        "rmu_forget(2)",
        new Loss(
            new Misdirection(0, 2, width -> direction),
            List.of(new Loss.View("forget", OWN_PLACES))));
    losses.put(
        "rmu_retain",
        new Loss(new RepresentationDistance(0), List.of(new Loss.View("retain", OWN_PLACES))));
    return losses;
  }

  /**
   * The folders of a set; none only where the checkout stands alone.
   *
   * @param shared the set's own folder of the shared data
   * @param variable of the environment, which may name another
   */
  private static List<Path> folders(String shared, String variable) {
    Stream<Path> own = SharedData.find(shared + "/objectives").stream();
    Stream<Path> other =
        Optional.ofNullable(System.getenv(variable)).stream()
            .map(folder -> Path.of(folder, "objectives"))
            .filter(Files::isDirectory);
    return Stream.concat(own, other).toList();
  }

  @Test
  void valuesAndGradients() throws IOException {
    for (Path folder : folders("parity", "LETHE_PARITY")) {
      assertThat(values(folder).get("beta").asDouble()).isEqualTo(BETA);
      check(folder, losses());
    }
  }

  @Test
  void valuesAndGradientsOfTheSecondSet() throws IOException {
    for (Path folder : folders("parity-2", "LETHE_PARITY_2")) {
      check(folder, losses2(open(folder.resolve("batches.safetensors"))));
    }
  }

  private static JsonNode values(Path folder) throws IOException {
    return new ObjectMapper().readTree(folder.resolve("values.json").toFile());
  }

  private static void check(Path folder, Map<String, Loss> losses) throws IOException {
    JsonNode values = values(folder);
    values
        .get("values")
        .fieldNames()
        .forEachRemaining(name -> assertThat(losses).as("known losses").containsKey(name));
    ModelSource current = new ModelSource(folder.resolve("current").toString(), Map.of());
    ModelSource reference = new ModelSource(folder.resolve("reference").toString(), Map.of());
    Safetensors batches = open(folder.resolve("batches.safetensors"));
    try (Network network = new Network(current.architecture(), Compute.cpu(1));
        Parameters weights = current.parameters(network);
        Parameters referenceWeights = reference.parameters(network)) {
      for (Map.Entry<String, Loss> loss : losses.entrySet()) {
        String name = loss.getKey();
        String file = name.replaceAll("[(,]", "-").replace(")", "");
        Safetensors gradient = open(folder.resolve("grad." + file + ".safetensors"));
        check(
            name,
            loss.getValue(),
            values.get("values").get(name).asDouble(),
            gradient,
            batches,
            new MicroBatch(network),
            current,
            weights,
            referenceWeights);
      }
    }
  }

  private static void check(
      String name,
      Loss loss,
      double value,
      Safetensors gradient,
      Safetensors batches,
      MicroBatch microBatch,
      ModelSource current,
      Parameters weights,
      Parameters reference) {
    List<Example> examples = scored(examples(batches, loss), microBatch, reference);
    long count =
        loss.term() instanceof SequenceTerm
            ? examples.size()
            : examples.stream().mapToLong(e -> TokenBatch.scored(e.views().get(0).labels())).sum();
    try (Parameters leaves = weights.leaves()) {
      double sum = 0;
      for (List<Example> batch : List.of(examples.subList(0, 1), examples.subList(1, 4))) {
        sum +=
            microBatch.accumulate(
                new Role("forget", loss.term(), 1),
                batch,
                1.0 / count,
                leaves,
                Map.of(FrozenModel.REFERENCE, reference));
      }
      assertThat(sum / count).as(name).isCloseTo(value, within(1e-5 * Math.abs(value)));
      Architecture architecture = current.architecture();
      float[] ours = new float[(int) architecture.elements()];
      leaves.readGradients(0, ours, 0, ours.length);
      checkGradient(name, ours, gradient, architecture);
    }
    try {
      throughTwoWorkers(
          name,
          loss.term(),
          examples,
          count,
          value,
          gradient,
          microBatch,
          current,
          weights,
          reference);
    } catch (Exception e) {
      throw new AssertionError(name + " through two workers", e);
    }
  }

  private static void checkGradient(
      String name, float[] ours, Safetensors gradient, Architecture architecture) {
    float[] theirs = new float[ours.length];
    int at = 0;
    Set<String> reached =
        gradient.tensors().stream().map(NamedShape::name).collect(Collectors.toSet());
    for (NamedShape tensor : architecture.tensors()) {
      if (!reached.contains(tensor.name())) {
        assertThat(Arrays.copyOfRange(ours, at, at + (int) tensor.elements()))
            .as("%s gradient of %s, which it does not depend on", name, tensor.name())
            .containsOnly(0f);
        at += (int) tensor.elements();
        continue;
      }
      gradient.read(tensor.name(), 0, theirs, at, (int) tensor.elements());
      ModelParityTest.assertClose(
          Arrays.copyOfRange(ours, at, at + (int) tensor.elements()),
          Arrays.copyOfRange(theirs, at, at + (int) tensor.elements()),
          1e-4,
          name + " gradient of " + tensor.name());
      at += (int) tensor.elements();
    }
  }

  /**
   * The same by the way that training takes: four shards of one example each, two of them a worker,
   * message by message to the mailbox and into AdamW, whose mean of the first step is a tenth of
   * the gradient.
   */
  private static void throughTwoWorkers(
      String name,
      Term term,
      List<Example> examples,
      long count,
      double value,
      Safetensors gradient,
      MicroBatch microBatch,
      ModelSource current,
      Parameters weights,
      Parameters reference)
      throws Exception {
    Architecture architecture = current.architecture();
    ParameterLayout layout =
        ParameterLayout.of(
            architecture.tensors(),
            new ParameterPattern(List.of()),
            new ParameterPattern(List.of()),
            1000);
    Buckets buckets = layout.buckets();
    float[][] start = MasterWeights.load(layout, current.weights());
    ExchangeWorker.Shards computed =
        (step, shard, arrived, into) -> {
          assertThat(arrived).as("weights that arrived").isDeepEqualTo(start);
          try (Parameters leaves = weights.leaves()) {
            double sum =
                microBatch.accumulate(
                    new Role("forget", term, 1),
                    examples.subList(shard, shard + 1),
                    1.0 / count,
                    leaves,
                    Map.of(FrozenModel.REFERENCE, reference));
            for (int b = 0; b < into[0].length; b++) {
              leaves.readGradients(buckets.offset(b), into[0][b], 0, into[0][b].length);
            }
            return new double[] {sum};
          }
        };
    Optimizer optimizer =
        new Optimizer(UpdateRule.ADAMW, layout, start, Double.POSITIVE_INFINITY, 0);
    double[] sum = new double[1];
    ExchangeSpec exchange =
        new ExchangeSpec(
            layout,
            new LearningRateSchedule(0, 1, 0, LearningRateSchedule.Decay.CONSTANT),
            WireFormat.FLOAT32,
            GradientMode.SUMMED,
            new ShardTree(4),
            0,
            2);
    // The record's loss is the mean over the four shards.
    Consumer<StepRecord> applied =
        record -> sum[0] = 4 * record.losses().values().iterator().next();
    try (LocalExchange local = new LocalExchange(exchange, optimizer, 4, applied)) {
      List<ExchangeWorker> workers =
          List.of(
              new ExchangeWorker(local, 0, 4, computed), new ExchangeWorker(local, 1, 4, computed));
      ExchangeWorker.inAnyOrder(workers, new Random(1));
      for (ExchangeWorker worker : workers) {
        worker.compute(0);
      }
      ExchangeWorker.inAnyOrder(workers, new Random(2));
      for (ExchangeWorker worker : workers) {
        worker.finish();
      }
    }
    assertThat(sum[0] / count).as(name).isCloseTo(value, within(1e-5 * Math.abs(value)));
    float[] ours = new float[(int) architecture.elements()];
    float[][] mean = optimizer.vectors().get(1);
    for (int b = 0; b < buckets.count(); b++) {
      for (int i = 0; i < buckets.length(b); i++) {
        ours[(int) buckets.offset(b) + i] = mean[b][i] * 10;
      }
    }
    checkGradient(name + " through two workers,", ours, gradient, architecture);
  }

  /** The examples with what the reference model says of them. */
  private static List<Example> scored(
      List<Example> examples, MicroBatch microBatch, Parameters reference) {
    double[] nll = microBatch.score(examples, reference);
    List<Example> scored = new ArrayList<>();
    int at = 0;
    for (Example example : examples) {
      List<Example.View> views = new ArrayList<>();
      for (Example.View view : example.views()) {
        views.add(new Example.View(view.tokens(), view.labels(), nll[at++]));
      }
      scored.add(new Example(example.id(), views));
    }
    return scored;
  }

  private static List<Example> examples(Safetensors batches, Loss loss) {
    List<Example> examples = new ArrayList<>();
    int rows = shape(batches, loss.views().get(0).batch() + ".input_ids").shape().get(0).intValue();
    for (int b = 0; b < rows; b++) {
      List<Example.View> views = new ArrayList<>();
      for (Loss.View view : loss.views()) {
        views.add(view(batches, view, b));
      }
      examples.add(new Example(String.valueOf(b), views));
    }
    return examples;
  }

  private static Example.View view(Safetensors batches, Loss.View view, int row) {
    int length = Arrays.stream(row(batches, view.batch() + ".attention_mask", row)).sum();
    int[] tokens = Arrays.copyOf(row(batches, view.batch() + ".input_ids", row), length);
    if (view.labels().equals(REPEATED)) {
      int[] labels = IntStream.range(0, length).map(t -> 5 + (t + 2) % 3).toArray();
      return new Example.View(tokens, labels, Double.NaN);
    }
    boolean own = view.labels().equals(OWN_PLACES);
    int[] all = row(batches, view.batch() + "." + (own ? "labels" : view.labels()), row);
    int[] labels = Arrays.copyOf(all, length);
    if (!own) {
      return new Example.View(tokens, labels, Double.NaN);
    }
    IntStream shifted = IntStream.concat(IntStream.of(TokenBatch.IGNORED), IntStream.of(labels));
    return new Example.View(Arrays.copyOf(tokens, length + 1), shifted.toArray(), Double.NaN);
  }

  private static int[] row(Safetensors file, String name, int row) {
    int columns = shape(file, name).shape().get(1).intValue();
    return Arrays.stream(LongTensor.read(file, name), row * columns, (row + 1) * columns)
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  private static NamedShape shape(Safetensors file, String name) {
    return file.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private static Safetensors open(Path file) {
    return Safetensors.open(
        new org.apache.hadoop.fs.Path(file.toString()),
        new lethe.folder.Files(new Configuration()));
  }
}
