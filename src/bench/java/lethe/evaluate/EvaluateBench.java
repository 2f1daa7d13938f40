package lethe.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import lethe.bench.Bench;
import lethe.bench.BenchSettings;
import lethe.folder.RunFolder;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.TestOrigin;
import lethe.run.SubmitArguments;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * How fast the evaluate stage is beside bench's bare forward pass, of the same model, sequences,
 * batch and threads, and how it scales over executors. Both take turns, so that a busy machine
 * slows both equally, and the best of each counts. Started by {@code jobs/bench-evaluate.sh}.
 */
public final class EvaluateBench {
  /** Ids that are drawn, so that any tokenizer knows them. */
  private static final int IDS = 1000;

  private final BenchSettings bench;
  private final EvaluateSettings evaluate;
  private final Path folder;
  private final int chunks;
  private final ModelSource model;
  private double forward;

  private EvaluateBench(Settings settings, Path folder, Path tokenizer, int chunks)
      throws Exception {
    this.folder = folder;
    this.chunks = chunks;
    bench = BenchSettings.read(settings.root());
    evaluate = EvaluateSettings.read(settings.root());
    settings.check();
    model = bench.model().isPresent() ? source(bench.model().get()) : random(tokenizer);
  }

  /**
   * @param arguments a folder to work in, a tokenizer.json for a random model, chunks to score,
   *     executors, and settings as {@code key=value}: bench.tokens and bench.batch, train.threads,
   *     model.path or the shape under bench
   */
  public static void main(String[] arguments) throws Exception {
    List<String> pairs = Arrays.asList(arguments).subList(4, arguments.length);
    EvaluateBench measured =
        new EvaluateBench(
            Settings.of(pairs),
            Path.of(arguments[0]),
            Path.of(arguments[1]),
            Integer.parseInt(arguments[2]));
    measured.run(Integer.parseInt(arguments[3]));
    System.exit(0); // Spark leaves threads
  }

  private void run(int executors) {
    int threads = bench.compute().threads();
    System.out.printf(
        Locale.ROOT,
        "%s, %.1f million parameters, %d chunks of %d tokens, %d per pass, %d threads per executor%n",
        model.path(),
        model.architecture().elements() / 1e6,
        chunks,
        bench.tokens(),
        bench.batch(),
        threads);
    double one = evaluate(1, true);
    System.out.printf(
        Locale.ROOT,
        "1 executor: %.0f tokens/s, forward %.0f tokens/s: %.1f%%%n",
        one,
        forward,
        100 * one / forward);
    if (executors > 1) {
      double more = evaluate(executors, false);
      System.out.printf(
          Locale.ROOT,
          "%d executors: %.0f tokens/s: %.2f times one%n",
          executors,
          more,
          more / one);
    }
  }

  /** The best round's tokens per second; the model is read and the code compiled before. */
  private double evaluate(int executors, boolean besideForward) {
    double[] best = new double[1];
    SparkSession spark = spark(executors);
    try {
      Dataset<Row> all = chunks(spark);
      execute(spark, executors, "warm-up", all.limit(chunks / 8), (tokens, time) -> {});
      for (String round : List.of("first", "second")) {
        execute(
            spark,
            executors,
            round,
            all,
            (tokens, time) -> {
              double speed = tokens / (time.toNanos() / 1e9);
              best[0] = Math.max(best[0], speed);
              System.out.printf(Locale.ROOT, "  %-6s %8.0f tokens/s", round, speed);
            });
        if (besideForward) {
          forward = Math.max(forward, forward());
          System.out.printf(Locale.ROOT, ", forward %.0f so far", forward);
        }
        System.out.println();
      }
    } finally {
      spark.stop();
    }
    return best[0];
  }

  private void execute(
      SparkSession spark,
      int executors,
      String round,
      Dataset<Row> chunks,
      BiConsumer<Long, Duration> finished) {
    Evaluate.Progress progress =
        new Evaluate.Progress() {
          @Override
          public void scored(
              String name, Evaluate.Amount done, Evaluate.Amount all, Duration time) {}

          @Override
          public void finished(String name, long tokens, Duration time) {
            finished.accept(tokens, time);
          }

          @Override
          public void reused(String name) {
            throw new IllegalStateException("Cannot measure: " + name + " was scored before");
          }
        };
    String place = folder.resolve(round + "-" + executors).toString();
    new Evaluate(
            spark,
            evaluate,
            RunFolder.of(place, new Configuration()),
            chunks,
            "random",
            Map.of("model", model),
            progress)
        .execute();
  }

  /** Tokens per second of bench's forward pass. */
  private double forward() {
    ObjectNode result = new Bench(bench, bench.model().map(m -> model)).run().json();
    return result.at("/rows/0/forward/tokens_per_second").asDouble();
  }

  private Dataset<Row> chunks(SparkSession spark) {
    return spark
        .range(chunks)
        .selectExpr(
            "'forget' AS split",
            "'random' AS domain",
            "cast(id AS string) AS document",
            "0 AS ordinal",
            "transform(sequence(1, %d), t -> cast(pmod(xxhash64(id, t), %d) AS int)) AS tokens"
                .formatted(bench.tokens(), IDS),
            "cast(NULL AS int) AS prompt")
        .cache();
  }

  private SparkSession spark(int executors) {
    int threads = bench.compute().threads();
    SparkSession.Builder builder =
        SparkSession.builder()
            .master("local-cluster[" + executors + "," + threads + ",3072]")
            .appName("lethe bench-evaluate")
            .config("spark.executor.memory", "3g")
            .config("spark.executor.cores", threads)
            .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", Math.max(8, 4 * executors * threads));
    SubmitArguments.environment(threads)
        .forEach((name, value) -> builder.config("spark.executorEnv." + name, value));
    return builder.getOrCreate();
  }

  /** A model of bench's shape with random weights, written once. */
  private ModelSource random(Path tokenizer) throws Exception {
    Path template = Files.createDirectories(folder.resolve("template"));
    Files.writeString(template.resolve("config.json"), bench.shape().toString());
    Files.copy(tokenizer, template.resolve("tokenizer.json"));
    ModelSource source = source(template.toString());
    Path target = folder.resolve("model");
    new HfWriter(
            new org.apache.hadoop.fs.Path(target.toString()),
            source.open(),
            Dtype.FLOAT32,
            TinyLlama.SHARD_BYTES)
        .write(
            source.architecture().tensors(),
            new InitialWeights(source.architecture(), 0.02, 1),
            TestOrigin.MADE);
    return source(target.toString());
  }

  private static ModelSource source(String path) {
    return new ModelSource(Path.of(path).toAbsolutePath().toString(), Map.of());
  }
}
