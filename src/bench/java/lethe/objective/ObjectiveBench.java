package lethe.objective;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import lethe.bench.Bench;
import lethe.bench.BenchSettings;
import lethe.examples.AnswerRequest;
import lethe.examples.ChunkPadding;
import lethe.examples.Examples;
import lethe.examples.GenericLabels;
import lethe.examples.RejectionSentences;
import lethe.examples.RepeatedLabels;
import lethe.examples.StoredLabelling;
import lethe.folder.RunFolder;
import lethe.inference.LoadedModel;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.ModelSource;
import lethe.model.adapter.AdaptedNetwork;
import lethe.model.adapter.Adapter;
import lethe.model.checkpoint.HfFolder;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.model.network.Vocabulary;
import lethe.model.torch.Precision;
import lethe.settings.Section;
import lethe.settings.Settings;
import lethe.target.Split;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What objectives cost compared with plain passes over the same tokens: steps of pairs of terms
 * with ascent and descent, and the stages that make labels and references with the forward pass.
 * All run in one process and in turns, and the best of some rounds counts. Started by {@code
 * jobs/bench-objectives.sh}.
 */
public final class ObjectiveBench {
  private static final StructType CHUNKS =
      new StructType()
          .add("split", DataTypes.StringType, false)
          .add("domain", DataTypes.StringType, false)
          .add("document", DataTypes.StringType, false)
          .add("ordinal", DataTypes.IntegerType, false)
          .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add("prompt", DataTypes.IntegerType, true);

  private final Bench bench;
  private final BenchSettings settings;

  private ObjectiveBench(Bench bench) {
    this.bench = bench;
    this.settings = bench.settings();
  }

  /**
   * @param arguments a folder to work in, chunks that the stages get, and settings of the verb
   *     bench as {@code key=value}
   */
  public static void main(String[] arguments) throws IOException {
    Settings all = Settings.of(List.of(arguments).subList(2, arguments.length));
    BenchSettings settings = BenchSettings.read(all.root());
    all.check();
    Optional<ModelSource> source =
        settings.model().map(path -> new ModelSource(Path.of(path).toUri().toString(), Map.of()));
    ObjectiveBench bench = new ObjectiveBench(new Bench(settings, source));
    for (Precision precision : settings.precisions()) {
      alone(() -> bench.steps(precision));
      alone(() -> bench.adapter(precision));
    }
    if (source.isPresent()) {
      bench.stages(source.get(), arguments[0], Integer.parseInt(arguments[1]));
    }
    System.exit(0); // Spark leaves threads
  }

  /**
   * Runs in a thread that then ends, and with it its team of OpenMP threads: the teams of several
   * threads that call PyTorch would share the processors, which those of a worker never do.
   */
  private static void alone(Runnable work) {
    Thread thread = new Thread(work, "bench");
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while measuring", e);
    }
  }

  private void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  /** Forget and retain term of a step with as many tokens each. */
  private record Pair(String name, Term forget, Term retain) {}

  private void steps(Precision precision) {
    List<Pair> pairs =
        List.of(
            new Pair("ascent + descent", new GradientAscent(), new Descent()),
            new Pair("ascent + kl", new GradientAscent(), new KullbackLeibler()),
            new Pair(
                "max-entropy + descent",
                new MaxEntropy(MaxEntropy.Direction.MODEL_TO_UNIFORM),
                new Descent()),
            new Pair(
                "calibrated + kl",
                new Distillation(new CalibratedPredictions(0.2, 1.4)),
                new KullbackLeibler()),
            new Pair("stored-labels + kl", new BucketedDistillation(0), new KullbackLeibler()),
            new Pair("stored-labels + descent", new BucketedDistillation(0), new Descent()),
            new Pair("npo + descent", new Npo(0.1), new Descent()));
    try (Network network =
            new Network(settings.architecture(bench.source()), settings.compute(precision));
        Parameters weights = bench.weights(network);
        Parameters reference = bench.weights(network)) {
      move(reference);
      MicroBatch microBatch = new MicroBatch(network);
      List<Example> examples = withLabels(bench.examples(network.architecture().vocabulary()));
      double[] best = new double[pairs.size()];
      Arrays.fill(best, Double.POSITIVE_INFINITY);
      for (int round = -1; round < settings.rounds(); round++) {
        for (int i = 0; i < best.length; i++) {
          Pair pair = pairs.get(i);
          double seconds =
              Bench.seconds(
                  () ->
                      step(
                          microBatch,
                          pair,
                          examples,
                          weights.leaves(),
                          Map.of(FrozenModel.REFERENCE, reference)));
          best[i] = round < 0 ? best[i] : Math.min(best[i], seconds); // the first is warm-up
        }
      }
      int tokens = 2 * settings.batch() * settings.tokens();
      say(
          "steps in %s, 2 x %d x %d tokens:",
          Section.spelling(precision), settings.batch(), settings.tokens());
      for (int i = 0; i < best.length; i++) {
        say(
            "  %-24s %9.0f tokens/s  %.3f times the first",
            pairs.get(i).name(), tokens / best[i], best[i] / best[0]);
      }
    }
  }

  /**
   * The same with labels that were made before: of each position the 64 tokens after the true one.
   */
  private static List<Example> withLabels(List<Example> examples) {
    int likeliest = 64;
    return examples.stream()
        .map(
            example -> {
              Example.View view = example.views().get(0);
              int positions = TokenBatch.scored(view.labels());
              float[] truth = new float[positions];
              float[] rest = new float[positions];
              float[] probabilities = new float[positions * likeliest];
              int[] ids = new int[positions * likeliest];
              Arrays.fill(truth, 0.2f);
              Arrays.fill(rest, 0.1f);
              Arrays.fill(probabilities, 0.7f / likeliest);
              for (int t = 0; t < positions; t++) {
                for (int i = 0; i < likeliest; i++) {
                  ids[t * likeliest + i] = (view.labels()[t + 1] + 1 + i) % 128;
                }
              }
              LikeliestTokens labels = new LikeliestTokens(truth, ids, probabilities, rest);
              Example.View labelled =
                  new Example.View(view.tokens(), view.labels(), view.reference(), labels);
              return new Example(example.id(), List.of(labelled));
            })
        .toList();
  }

  /** A step of ascent and descent with an adapter of rank 16, beside one that trains everything. */
  private void adapter(Precision precision) {
    Architecture base = settings.architecture(bench.source());
    AdaptedNetwork adapted =
        AdaptedNetwork.of(base, new Adapter(16, 32, false, List.of(Adapter.ALL_LINEAR)));
    Pair pair = new Pair("ascent + descent", new GradientAscent(), new Descent());
    try (Network whole = new Network(base, settings.compute(precision));
        Parameters weights = bench.weights(whole);
        Network beside = new Network(adapted.architecture(), settings.compute(precision));
        Parameters both = beside.newParameters()) {
      List<Example> examples = bench.examples(base.vocabulary());
      MicroBatch all = new MicroBatch(whole);
      MicroBatch few = new MicroBatch(beside);
      double most = Double.POSITIVE_INFINITY;
      double least = Double.POSITIVE_INFINITY;
      for (int round = -1; round < settings.rounds(); round++) {
        double one = Bench.seconds(() -> step(all, pair, examples, weights.leaves(), Map.of()));
        double other =
            Bench.seconds(
                () -> step(few, pair, examples, both.leaves(adapted.names()::contains), Map.of()));
        most = round < 0 ? most : Math.min(most, one);
        least = round < 0 ? least : Math.min(least, other);
      }
      say(
          "  %-24s %.3f times as long with an adapter of rank 16 (%.2f %% of the parameters)",
          pair.name(), least / most, 100.0 * adapted.elements() / base.elements());
    }
  }

  /** A little away from the model, as a reference is after some steps. */
  private static void move(Parameters reference) {
    reference.write(0, new float[] {0.1f}, 0, 1);
  }

  private static void step(
      MicroBatch microBatch,
      Pair pair,
      List<Example> examples,
      Parameters fresh,
      Map<FrozenModel, Parameters> frozen) {
    try (Parameters leaves = fresh) {
      for (Role role :
          List.of(new Role("forget", pair.forget, 1), new Role("retain", pair.retain, 1))) {
        microBatch.accumulate(role, examples, 1e-3, leaves, frozen);
      }
    }
  }

  private void stages(ModelSource model, String folder, int chunks) throws IOException {
    try (SparkSession spark =
        SparkSession.builder()
            .master("local[" + settings.compute().threads() + "]")
            .appName("lethe bench")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", 8)
            .getOrCreate()) {
      HfFolder opened = model.open();
      int rows = model.architecture().vocabulary();
      Examples.Inputs inputs =
          new Examples.Inputs(
              "bench",
              model,
              model,
              Vocabulary.of(rows, opened.files().readJson(opened.tokenizer())),
              new TruncatedPredictions(50, 1, TruncatedPredictions.Truth.REMOVED),
              GenericLabels.NONE,
              StoredLabelling.NONE,
              RejectionSentences.NONE,
              ChunkPadding.NONE,
              RepeatedLabels.NONE,
              AnswerRequest.NONE,
              Pairing.INDEPENDENT,
              1,
              settings.batch(),
              settings.compute());
      Dataset<Row> table = chunks(spark, rows, chunks, folder + "/chunks");
      Dataset<Row> few = table.filter("ordinal < 32");
      Map<String, Term> stages = new LinkedHashMap<>();
      stages.put("adversarial labels", new CrossEntropy(ViewKind.ADVERSARIAL_LABELS));
      stages.put("references", new Npo(0.1));
      stages.put("sampled labels", new CrossEntropy(ViewKind.SAMPLED_LABELS));
      say(
          "stages over %d chunks of %d tokens, %d per pass:",
          chunks, settings.tokens(), settings.batch());
      for (Map.Entry<String, Term> stage : stages.entrySet()) {
        Role role = new Role(Split.FORGET.key(), stage.getValue(), 1);
        run(spark, folder + "/first", inputs, few, role); // warm-up
        double[] bare = new double[2];
        alone(() -> bare[0] = bare(chunks));
        double seconds = Bench.seconds(() -> run(spark, folder + "/second", inputs, table, role));
        LoadedModel.clear();
        alone(() -> bare[1] = bare(chunks));
        double tokens = chunks * (double) settings.tokens();
        say(
            "  %-24s %9.0f tokens/s  %.2f of bare passes' %.0f just before and %.0f just after",
            stage.getKey(),
            tokens / seconds,
            (bare[0] + bare[1]) / 2 / seconds,
            tokens / bare[0],
            tokens / bare[1]);
      }
    }
  }

  private static void run(
      SparkSession spark, String folder, Examples.Inputs inputs, Dataset<Row> chunks, Role role) {
    RunFolder run = RunFolder.of(folder, new Configuration());
    new Examples(spark, run, inputs, System.out::println).execute(chunks, List.of(role));
  }

  /** Seconds that the bench's forward pass takes for as many chunks, one batch after the other. */
  private double bare(int chunks) {
    try (Network network =
            new Network(
                settings.architecture(bench.source()), settings.compute(Precision.FLOAT32));
        Parameters weights = bench.weights(network)) {
      MicroBatch microBatch = new MicroBatch(network);
      List<Example> examples = bench.examples(network.architecture().vocabulary());
      microBatch.score(examples, weights); // warm-up
      return Bench.seconds(
          () -> {
            for (int done = 0; done < chunks; done += settings.batch()) {
              microBatch.score(examples, weights);
            }
          });
    }
  }

  private Dataset<Row> chunks(SparkSession spark, int vocabulary, int count, String path) {
    Random random = new Random(1);
    List<Row> rows = new ArrayList<>();
    IntStream.range(0, count)
        .forEach(
            i ->
                rows.add(
                    RowFactory.create(
                        Split.FORGET.key(),
                        "bench",
                        "d",
                        i,
                        random.ints(settings.tokens(), 0, vocabulary).toArray(),
                        null)));
    spark.createDataFrame(rows, CHUNKS).write().parquet(path);
    return spark.read().parquet(path);
  }
}
