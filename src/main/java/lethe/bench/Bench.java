package lethe.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Compute;
import lethe.model.torch.Precision;
import lethe.objective.Descent;
import lethe.objective.Role;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;

/**
 * How fast a network runs, which share that is of the speed of this machine's matrix products, and
 * which share its own products and attention would reach alone. All of them take turns, so that a
 * busy machine slows all equally, and the best of each counts. This needs no Spark.
 *
 * @param settings what is measured
 * @param source the checkpoint, if there is one
 */
public record Bench(BenchSettings settings, Optional<ModelSource> source) {
  private static final Role DESCENT = new Role("bench", new Descent(), 1);
  private static final int SQUARE = 2048;

  /**
   * One precision's numbers.
   *
   * @param peak operations per second of the fastest matrix product
   * @param forward a pass that scores the batch
   * @param both a pass that also computes gradients
   * @param peakBytes most memory the process held; 0 where the system does not report it
   */
  public record Row(
      Precision precision, double peak, Seconds forward, Seconds both, long peakBytes) {}

  /**
   * One kind of pass.
   *
   * @param pass the whole of it
   * @param kernels its matrix products and its attention alone
   */
  public record Seconds(double pass, double kernels) {
    private static final Seconds NONE =
        new Seconds(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

    private Seconds best(double otherPass, double otherKernels) {
      return new Seconds(Math.min(pass, otherPass), Math.min(kernels, otherKernels));
    }
  }

  /**
   * All numbers.
   *
   * @param settings they were measured with
   * @param parameters of the network
   * @param flopsPerToken of the forward pass
   * @param rows one per precision
   */
  public record Result(
      BenchSettings settings, String type, long parameters, long flopsPerToken, List<Row> rows) {
    private double tokens() {
      return (double) settings.batch() * settings.tokens();
    }

    /** For people. */
    public String table() {
      StringBuilder text = new StringBuilder();
      text.append(
          String.format(
              Locale.ROOT,
              "%s, %.1f million parameters, %d x %d tokens, %s, best of %d%n",
              type,
              parameters / 1e6,
              settings.batch(),
              settings.tokens(),
              settings.gpu().map(g -> "GPU " + g).orElse(settings.compute().threads() + " threads"),
              settings.rounds()));
      text.append(
          String.format(
              "%-10s %8s | %9s %8s %6s %7s | %9s %8s %6s %7s | %8s%n",
              "",
              "matrix",
              "forward",
              "",
              "of",
              "kernels",
              "and back",
              "",
              "of",
              "kernels",
              "resident"));
      text.append(
          String.format(
              "%-10s %8s | %9s %8s %6s %7s | %9s %8s %6s %7s | %8s%n",
              "precision",
              "GFLOP/s",
              "tokens/s",
              "GFLOP/s",
              "peak",
              "alone",
              "tokens/s",
              "GFLOP/s",
              "peak",
              "alone",
              "GB"));
      for (Row row : rows) {
        text.append(
            String.format(
                Locale.ROOT,
                "%-10s %8.0f | %s | %s | %8.2f%n",
                Section.spelling(row.precision),
                row.peak / 1e9,
                pass(row, row.forward, 1),
                pass(row, row.both, 3),
                row.peakBytes / 1e9));
      }
      return text.toString();
    }

    private String pass(Row row, Seconds seconds, int times) {
      double rate = rate(seconds.pass, times);
      return String.format(
          Locale.ROOT,
          "%9.0f %8.0f %5.0f%% %6.0f%%",
          tokens() / seconds.pass,
          rate / 1e9,
          100 * rate / row.peak,
          100 * rate(seconds.kernels, times) / row.peak);
    }

    /** For programs. */
    public ObjectNode json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("model_type", type);
      json.put("parameters", parameters);
      json.put("flops_per_token_forward", flopsPerToken);
      json.put("batch", settings.batch());
      json.put("tokens", settings.tokens());
      json.put("threads", settings.compute().threads());
      json.put("device", settings.gpu().map(g -> "gpu" + g).orElse("cpu"));
      json.put("rounds", settings.rounds());
      for (Row row : rows) {
        ObjectNode one = json.withArray("rows").addObject();
        one.put("precision", Section.spelling(row.precision));
        one.put("matrix_gflops", row.peak / 1e9);
        pass(one.putObject("forward"), row, row.forward, 1);
        pass(one.putObject("forward_backward"), row, row.both, 3);
        one.put("peak_resident_bytes", row.peakBytes);
      }
      return json;
    }

    /**
     * Writes {@link #json()}.
     *
     * @throws InvalidSettings when the file cannot be written
     */
    public void write(String file) {
      try {
        Files.writeString(Path.of(file), json().toPrettyString() + "\n");
      } catch (IOException e) {
        throw new InvalidSettings(
            "Cannot write bench.json %s: %s".formatted(file, e.getMessage()), e);
      }
    }

    private void pass(ObjectNode json, Row row, Seconds seconds, int times) {
      json.put("seconds", seconds.pass);
      json.put("tokens_per_second", tokens() / seconds.pass);
      json.put("gflops", rate(seconds.pass, times) / 1e9);
      json.put("share_of_matrix_peak", rate(seconds.pass, times) / row.peak);
      json.put("kernels_seconds", seconds.kernels);
      json.put("kernels_share_of_matrix_peak", rate(seconds.kernels, times) / row.peak);
    }

    private double rate(double seconds, int times) {
      return times * tokens() * flopsPerToken / seconds;
    }
  }

  /** Runs the measurement, which takes seconds to minutes. */
  public Result run() {
    Architecture architecture = settings.architecture(source);
    architecture.context().check(settings.tokens());
    return new Result(
        settings,
        architecture.type(),
        architecture.elements(),
        architecture.flopsPerToken(settings.tokens()),
        settings.precisions().stream().map(p -> row(architecture, p)).toList());
  }

  private Row row(Architecture architecture, Precision precision) {
    Compute compute = settings.compute(precision);
    ResidentMemory.forgetPeak();
    List<Example> examples = examples(architecture.vocabulary());
    try (MatrixPeak matrix = new MatrixPeak(compute);
        KernelTimes kernels =
            new KernelTimes(architecture, compute, settings.batch(), settings.tokens());
        Network network = new Network(architecture, compute);
        Parameters weights = weights(network)) {
      MicroBatch microBatch = new MicroBatch(network);
      double peak = 0;
      Seconds forward = Seconds.NONE;
      Seconds both = Seconds.NONE;
      for (int round = -1; round < settings.rounds(); round++) {
        double product =
            Math.max(matrix.flopsPerSecond(SQUARE, SQUARE, SQUARE), own(architecture, matrix));
        kernels.round();
        double one = seconds(() -> microBatch.score(examples, weights));
        double two = seconds(() -> step(microBatch, examples, weights));
        if (round >= 0) { // the first is warm-up
          peak = Math.max(peak, product);
          forward = forward.best(one, kernels.forwardSeconds());
          both = both.best(two, kernels.bothSeconds());
        }
      }
      return new Row(precision, peak, forward, both, ResidentMemory.peakBytes().orElse(0));
    }
  }

  /** The product of all tokens with a matrix four times as wide as the hidden states. */
  private double own(Architecture architecture, MatrixPeak matrix) {
    int width = architecture.width();
    return matrix.flopsPerSecond(settings.batch() * settings.tokens(), width, 4 * width);
  }

  private void step(MicroBatch microBatch, List<Example> examples, Parameters weights) {
    try (Parameters leaves = weights.leaves()) {
      double scored = (double) settings.batch() * (settings.tokens() - 1);
      microBatch.accumulate(DESCENT, examples, 1 / scored, leaves, Map.of());
    }
  }

  public static double seconds(Runnable work) {
    long begun = System.nanoTime();
    work.run();
    return (System.nanoTime() - begun) / 1e9;
  }

  /** The checkpoint's weights, or random ones. */
  public Parameters weights(Network network) {
    if (source.isPresent()) {
      return source.get().parameters(network);
    }
    Parameters parameters = network.newParameters();
    TensorSource initial = new InitialWeights(network.architecture(), 0.02, 1);
    long at = 0;
    for (NamedShape tensor : network.architecture().tensors()) {
      float[] values = new float[(int) tensor.elements()];
      initial.read(tensor.name(), 0, values, 0, values.length);
      parameters.write(at, values, 0, values.length);
      at += values.length;
    }
    return parameters;
  }

  /** A batch of random tokens. */
  public List<Example> examples(int vocabulary) {
    Random random = new Random(1);
    return IntStream.range(0, settings.batch())
        .mapToObj(
            b -> {
              int[] tokens = random.ints(settings.tokens(), 0, vocabulary).toArray();
              return new Example("bench", List.of(new Example.View(tokens, tokens, Double.NaN)));
            })
        .toList();
  }
}
