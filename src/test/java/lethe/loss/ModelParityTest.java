package lethe.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lethe.SharedData;
import lethe.folder.Files;
import lethe.model.ModelSource;
import lethe.model.checkpoint.LongTensor;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.Safetensors;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.objective.Descent;
import lethe.objective.Positions;
import lethe.objective.Role;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.StepGradient;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers that Hugging Face transformers wrote for tiny models, reproduced. */
public class ModelParityTest {
  private static final Role DESCENT = new Role("retain", new Descent(), 1);

  /**
   * Every folder with a parity.safetensors: our own, the shared ones of both sets, and those in the
   * folders that LETHE_PARITY and LETHE_PARITY_2 name.
   */
  static List<Path> folders() throws IOException {
    List<Path> parents = new ArrayList<>();
    parents.add(Path.of("src/test/resources/parity"));
    SharedData.find("parity").ifPresent(parents::add);
    SharedData.find("parity-2/models").ifPresent(parents::add);
    Optional.ofNullable(System.getenv("LETHE_PARITY")).map(Path::of).ifPresent(parents::add);
    Optional.ofNullable(System.getenv("LETHE_PARITY_2"))
        .map(folder -> Path.of(folder, "models")) // beside which adapters and others lie
        .ifPresent(parents::add);
    List<Path> folders = new ArrayList<>();
    for (Path parent : parents) {
      try (Stream<Path> all = java.nio.file.Files.walk(parent, 2)) {
        all.filter(f -> java.nio.file.Files.exists(f.resolve("parity.safetensors")))
            .sorted()
            .forEach(folders::add);
      }
    }
    return folders;
  }

  @ParameterizedTest
  @MethodSource("folders")
  void logitsLossesHitsAndGradients(Path folder) {
    Reference reference = new Reference(folder);
    ModelSource source = new ModelSource(folder.toString(), Map.of());
    Architecture architecture = source.architecture();
    source.check();
    try (Network network = new Network(architecture, Compute.cpu(1));
        NDManager manager = network.newManager();
        Parameters parameters = source.parameters(network)) {
      List<int[]> tokens = reference.sequences();
      TokenBatch batch = TokenBatch.of(manager, tokens);
      NDArray hiddenBTD = Graph.withoutGraph(() -> network.hidden(batch.idsBT(), parameters));
      NDArray allRows =
          manager.create(java.util.stream.LongStream.range(0, batch.idsBT().size()).toArray());
      float[] logits =
          Graph.withoutGraph(
                  () -> network.logits(network.gatherRows(hiddenBTD, allRows), parameters))
              .toFloatArray();
      assertClose(
          reference.unpadded(logits, tokens),
          reference.unpadded(reference.floats("logits"), tokens),
          1e-5,
          "logits");

      NDArray logitsNV =
          Graph.withoutGraph(
              () -> network.logits(network.gatherRows(hiddenBTD, batch.rowsN()), parameters));
      float[] nll = new Positions(logitsNV, batch.labelsN()).nllN().toFloatArray();
      assertClose(nll, reference.scored(reference.floats("token_nll"), tokens), 1e-5, "token NLL");
      long[] best = logitsNV.argMax(1).toLongArray();
      long[] labels = batch.labelsN().toLongArray();
      long[] correct = reference.longs("correct");
      float[] hits = new float[best.length];
      for (int i = 0; i < best.length; i++) {
        hits[i] = best[i] == labels[i] ? 1 : 0;
      }
      float[] expected = new float[correct.length];
      for (int i = 0; i < correct.length; i++) {
        expected[i] = correct[i];
      }
      assertThat(hits).isEqualTo(reference.scored(expected, tokens));

      try (Parameters leaves = parameters.leaves()) {
        double sum =
            new MicroBatch(network)
                .accumulate(DESCENT, examples(tokens), 1.0 / batch.scored(), leaves, Map.of());
        assertThat(sum / batch.scored())
            .isCloseTo(mean(nll), org.assertj.core.data.Percentage.withPercentage(1e-3));
        long at = 0;
        for (NamedShape tensor : architecture.tensors()) {
          float[] gradient = new float[(int) tensor.elements()];
          leaves.readGradients(at, gradient, 0, gradient.length);
          assertClose(
              gradient, reference.gradient(tensor.name()), 1e-4, "gradient of " + tensor.name());
          at += tensor.elements();
        }
      }
    }
  }

  /**
   * Adam divides an element of the gradient by its own size, so an element whose true gradient is
   * nearly zero moves by the sign of its rounding, and later steps differ by what follows from it:
   * where the scaled embedding of Gemma makes gradients steep, Hugging Face's own losses in float32
   * and float64 are 4e-4 apart by the tenth step. So the run is made again with other roundings,
   * and what they change is allowed.
   */
  @ParameterizedTest
  @MethodSource("folders")
  void tenStepsOfAdamW(Path folder) throws IOException {
    JsonNode reference = new ObjectMapper().readTree(folder.resolve("adamw.json").toFile());
    ModelSource source = new ModelSource(folder.toString(), Map.of());
    Trained exact = train(source, reference, gradient -> {});
    List<Trained> rounded = new ArrayList<>();
    for (int seed = 0; seed < 8; seed++) {
      Random random = new Random(seed);
      rounded.add(train(source, reference, gradient -> round(gradient, random)));
    }
    JsonNode norms = reference.get("final_weight_norms");
    exact.values.forEach(
        (name, value) -> {
          boolean step = name.startsWith("step ");
          double expected =
              step
                  ? reference.at(name.replace("step ", "/steps/")).asDouble()
                  : Reference.norm(norms, name);
          double spread =
              rounded.stream()
                  .mapToDouble(r -> Math.abs(r.values.get(name) - value))
                  .max()
                  .orElse(0);
          double tolerance = name.endsWith("grad_norm") ? 1e-4 : 1e-5;
          assertThat(value).as(name).isCloseTo(expected, within(tolerance * expected + 4 * spread));
          assertThat(spread).as("what rounding does to " + name).isLessThan(0.1 * expected);
        });
  }

  /**
   * What came of ten steps.
   *
   * @param values by what they are: {@code step 3/loss}, {@code step 3/grad_norm}, counted from 0,
   *     and the norms of the final weights by tensor name
   */
  private record Trained(Map<String, Double> values) {}

  private static Trained train(ModelSource source, JsonNode run, Consumer<float[][]> rounding) {
    Architecture architecture = source.architecture();
    ParameterPattern none = new ParameterPattern(List.of());
    ParameterLayout layout = ParameterLayout.of(architecture.tensors(), none, none, 1000);
    Buckets buckets = layout.buckets();
    float[][] start = buckets.allocate();
    source.read(
        architecture,
        (offset, values, from, count) -> {
          for (int i = 0; i < count; i++) {
            start[(int) ((offset + i) / 1000)][(int) ((offset + i) % 1000)] = values[from + i];
          }
        });
    Optimizer optimizer =
        new Optimizer(
            UpdateRule.ADAMW,
            layout,
            start,
            run.get("clip_norm").asDouble(),
            run.get("weight_decay").asDouble());
    Map<String, Double> values = new LinkedHashMap<>();
    try (Network network = new Network(architecture, Compute.cpu(1));
        Parameters parameters = network.newParameters()) {
      for (int k = 0; k < run.get("steps").size(); k++) {
        JsonNode step = run.get("steps").get(k);
        for (int b = 0; b < buckets.count(); b++) {
          parameters.write(buckets.offset(b), optimizer.weights(b), 0, buckets.length(b));
        }
        List<int[]> tokens = new ArrayList<>();
        for (int i = 0; i < step.get("input_ids").size(); i++) {
          int[] row = new ObjectMapper().convertValue(step.get("input_ids").get(i), int[].class);
          tokens.add(Arrays.copyOf(row, step.get("lengths").get(i).asInt()));
        }
        int scored = tokens.stream().mapToInt(t -> t.length - 1).sum();
        float[][] gradient = buckets.allocate();
        try (Parameters leaves = parameters.leaves()) {
          double sum =
              new MicroBatch(network)
                  .accumulate(DESCENT, examples(tokens), 1.0 / scored, leaves, Map.of());
          values.put("step " + k + "/loss", sum / scored);
          for (int b = 0; b < buckets.count(); b++) {
            leaves.readGradients(buckets.offset(b), gradient[b], 0, buckets.length(b));
          }
        }
        rounding.accept(gradient);
        double norm = StepGradient.norm(gradient);
        values.put("step " + k + "/grad_norm", norm);
        optimizer.advance();
        for (int b = 0; b < buckets.count(); b++) {
          optimizer.update(b, gradient[b], norm, run.get("lr").asDouble());
        }
      }
    }
    long at = 0;
    for (NamedShape tensor : architecture.tensors()) {
      double squares = 0;
      for (long i = 0; i < tensor.elements(); i++, at++) {
        float w = optimizer.weights((int) (at / 1000))[(int) (at % 1000)];
        squares += (double) w * w;
      }
      values.put(tensor.name(), Math.sqrt(squares));
    }
    return new Trained(values);
  }

  /** Moves every element but exact zeros by a few units in the last place of the largest. */
  private static void round(float[][] gradient, Random random) {
    float largest = 0;
    for (float[] bucket : gradient) {
      for (float g : bucket) {
        largest = Math.max(largest, Math.abs(g));
      }
    }
    for (float[] bucket : gradient) {
      for (int i = 0; i < bucket.length; i++) {
        bucket[i] += bucket[i] == 0 ? 0 : (float) (0x1p-22 * largest * random.nextGaussian());
      }
    }
  }

  static List<Example> examples(List<int[]> tokens) {
    return tokens.stream()
        .map(t -> new Example("x", List.of(new Example.View(t, t, Double.NaN))))
        .toList();
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float v : values) {
      sum += v;
    }
    return sum / values.length;
  }

  /** Asserts that the norm of the difference is small beside the norm of what is expected. */
  public static void assertClose(float[] actual, float[] expected, double tolerance, String what) {
    assertThat(actual.length).as(what).isEqualTo(expected.length);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      norm += (double) expected[i] * expected[i];
    }
    assertThat(norm).as("norm of expected " + what).isPositive();
    assertThat(Math.sqrt(difference / norm)).as("relative error of " + what).isLessThan(tolerance);
  }

  /** The file parity.safetensors of a folder. */
  static final class Reference {
    private final Safetensors file;

    Reference(Path folder) {
      file =
          Safetensors.open(
              new org.apache.hadoop.fs.Path(folder + "/parity.safetensors"),
              new Files(new Configuration()));
    }

    float[] floats(String name) {
      float[] values = new float[(int) shape(name).elements()];
      file.read(name, 0, values, 0, values.length);
      return values;
    }

    /** Some versions of transformers call GPT-NeoX's output matrix by the general name. */
    float[] gradient(String parameter) {
      String general = "grad.lm_head.weight";
      boolean renamed = parameter.equals("embed_out.weight") && has(general);
      return floats(renamed ? general : "grad." + parameter);
    }

    static double norm(JsonNode norms, String parameter) {
      JsonNode general = norms.path("lm_head.weight");
      return (norms.has(parameter) ? norms.get(parameter) : general).asDouble();
    }

    boolean has(String name) {
      return file.tensors().stream().anyMatch(t -> t.name().equals(name));
    }

    long[] longs(String name) {
      return LongTensor.read(file, name);
    }

    private NamedShape shape(String name) {
      return file.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    }

    /** Rows of input_ids without their padding. */
    List<int[]> sequences() {
      long[] ids = longs("input_ids");
      long[] mask = longs("attention_mask");
      int length = shape("input_ids").shape().get(1).intValue();
      List<int[]> sequences = new ArrayList<>();
      for (int b = 0; b < ids.length / length; b++) {
        int from = b * length;
        int tokens = (int) Arrays.stream(mask, from, from + length).sum();
        sequences.add(Arrays.stream(ids, from, from + tokens).mapToInt(i -> (int) i).toArray());
      }
      return sequences;
    }

    /** Values of B x T x V at real positions. */
    float[] unpadded(float[] values, List<int[]> tokens) {
      return rows(values, tokens, values.length / (int) shape("input_ids").elements(), 0);
    }

    /** Values of B x (T - 1) at scored positions. */
    float[] scored(float[] values, List<int[]> tokens) {
      return rows(values, tokens, 1, 1);
    }

    private float[] rows(float[] values, List<int[]> tokens, int columns, int fewer) {
      int length = shape("input_ids").shape().get(1).intValue() - fewer;
      float[] kept = new float[tokens.stream().mapToInt(t -> t.length - fewer).sum() * columns];
      int at = 0;
      for (int b = 0; b < tokens.size(); b++) {
        int count = (tokens.get(b).length - fewer) * columns;
        System.arraycopy(values, b * length * columns, kept, at, count);
        at += count;
      }
      return kept;
    }
  }
}
