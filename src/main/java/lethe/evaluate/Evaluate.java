package lethe.evaluate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.model.network.Architecture;
import lethe.settings.InvalidSettings;
import lethe.table.CachedTable;
import lethe.table.TableFiles;
import lethe.target.Target;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/**
 * The stage that scores every chunk of a corpus with every model, on the executors, into {@link
 * RunFolder#scores} and sums the scores up into {@link RunFolder#evaluation}.
 */
public final class Evaluate {
  /** Spark's option to take paths literally, not as patterns: a run folder may be named run[1]. */
  private final SparkSession spark;

  private final EvaluateSettings settings;
  private final RunFolder folder;
  private final Dataset<Row> chunks;
  private final String chunksSha256;
  private final Map<String, ModelSource> models;
  private final Progress progress;

  /**
   * Some chunks.
   *
   * @param chunks how many
   * @param tokens of them all
   */
  public record Amount(long chunks, long tokens) {}

  /** Receives the progress of the scoring. */
  public interface Progress {
    /**
     * @param model that is scored
     * @param done so far
     * @param all there is to do
     * @param time since the model's scoring began
     */
    void scored(String model, Amount done, Amount all, Duration time);

    /**
     * @param model that has been scored
     * @param tokens of all chunks
     * @param time from reading the chunks to the written scores
     */
    void finished(String model, long tokens, Duration time);

    /** A model's scores of the same chunks and weights were there already. */
    void reused(String model);
  }

  /**
   * @param chunks as prepare wrote them
   * @param chunksSha256 hash of them all
   * @param models by name, in the order of the report; those of {@link ModelNames} have a meaning
   *     there
   */
  public Evaluate(
      SparkSession spark,
      EvaluateSettings settings,
      RunFolder folder,
      Dataset<Row> chunks,
      String chunksSha256,
      Map<String, ModelSource> models,
      Progress progress) {
    this.spark = spark;
    this.settings = settings;
    this.folder = folder;
    this.chunks = chunks;
    this.chunksSha256 = chunksSha256;
    this.models = new LinkedHashMap<>(models);
    this.progress = progress;
  }

  /**
   * Scores and sums up.
   *
   * @throws InvalidSettings when a model cannot take the chunks; nothing is written then
   */
  public Evaluation execute() {
    Amount all = checkedAmount();
    Evaluation.Asked asked = Evaluation.Asked.of(settings, models, chunksSha256, folder.files());
    folder.files().delete(folder.evaluation());
    List<Evaluation.Model> scored = new ArrayList<>();
    List<TaskScore> taskScores = new ArrayList<>();
    Map<String, ModelKey> keys = new LinkedHashMap<>();
    models.forEach(
        (name, source) -> {
          ModelKey key = ModelKey.of(source, settings.compute());
          keys.put(name, key);
          scored.add(score(name, key, all));
          taskScores.addAll(scoreTasks(name, key));
        });
    Evaluation evaluation = sumUp(asked, scored, taskScores, keys);
    evaluation.write(folder);
    return evaluation;
  }

  private List<TaskScore> scoreTasks(String name, ModelKey key) {
    int context = key.source().architecture().context().tokens();
    return settings.tasks().stream()
        .map(
            task ->
                MultipleChoice.ask(
                    name,
                    task,
                    MultipleChoice.questions(spark, task),
                    key,
                    context,
                    settings.seed()))
        .toList();
  }

  private Evaluation.Model score(String name, ModelKey key, Amount all) {
    Map<String, Object> origin = new TreeMap<>();
    origin.put("columns", Scores.SCHEMA.simpleString());
    origin.put("chunks_sha256", chunksSha256);
    origin.put("model", key.fingerprint());
    origin.put("micro_batch", settings.microBatch());
    origin.put("precision", settings.compute().precision());
    CachedTable table = new CachedTable(folder.files(), folder.scores(name), origin);
    if (table.isCurrent()) {
      progress.reused(name);
    } else {
      computeScores(name, key, table, all);
    }
    return new Evaluation.Model(
        name,
        key.source().path(),
        key.fingerprint(),
        key.source().architecture().elements(),
        table.parts().stream().map(part -> "scores/" + name + "/" + part).toList());
  }

  private void computeScores(String name, ModelKey key, CachedTable table, Amount all) {
    LongAccumulator done = spark.sparkContext().longAccumulator();
    LongAccumulator tokens = spark.sparkContext().longAccumulator();
    long begun = System.nanoTime();
    spark.sparkContext().setJobDescription("evaluate " + name);
    Runnable report =
        () ->
            progress.scored(
                name,
                new Amount(done.value(), tokens.value()),
                all,
                Duration.ofNanos(System.nanoTime() - begun));
    try (TaskEndListener watch = new TaskEndListener(spark.sparkContext(), report)) {
      watch.begin();
      table.readOrCompute(
          spark, () -> Scores.of(chunks, all.tokens(), key, settings.microBatch(), done, tokens));
    } finally {
      spark.sparkContext().setJobDescription(null);
    }
    progress.finished(name, tokens.value(), Duration.ofNanos(System.nanoTime() - begun));
  }

  private Evaluation sumUp(
      Evaluation.Asked asked,
      List<Evaluation.Model> scored,
      List<TaskScore> taskScores,
      Map<String, ModelKey> keys) {
    List<SplitScore> scores = new ArrayList<>();
    List<MembershipScore> membership = new ArrayList<>();
    List<MemoryScore> memory = new ArrayList<>();
    List<Histogram> histograms = new ArrayList<>();
    Map<String, List<DocumentScore>> documents = new LinkedHashMap<>();
    for (Evaluation.Model model : scored) {
      Dataset<Row> rows = read(spark, folder, model).cache();
      List<DocumentScore> own = DocumentScore.of(rows);
      documents.put(model.name(), own);
      scores.addAll(SplitScores.of(model.name(), own, settings.seed()));
      membership.addAll(Membership.of(model.name(), rows));
      memory.addAll(MemoryScore.of(model.name(), rows, own));
      histograms.addAll(Histogram.of(model.name(), rows));
      rows.unpersist();
    }
    List<RequestScore> requests =
        folder.files().exists(folder.requests())
            ? RequestScore.of(
                TableFiles.read(spark).parquet(folder.requests().toString()), documents)
            : List.of();
    return new Evaluation(
        Evaluation.VERSION,
        asked,
        scored,
        scores,
        Membership.besideRetrained(membership),
        memory,
        taskScores,
        histograms,
        distancesToRetrained(scored, documents, keys, SplitScore.target(scores)),
        verdicts(documents),
        requests,
        settings.examples() && keys.containsKey(ModelNames.ORIGINAL)
            ? Continuations.of(spark, read(spark, folder, scored.get(0)), chunks, keys)
            : List.of());
  }

  private List<Verdict> verdicts(Map<String, List<DocumentScore>> documents) {
    List<DocumentScore> original = documents.get(ModelNames.ORIGINAL);
    return original == null
        ? List.of()
        : documents.keySet().stream()
            .filter(name -> !name.equals(ModelNames.ORIGINAL))
            .flatMap(
                name -> Verdict.of(original, documents.get(name), name, settings.band()).stream())
            .toList();
  }

  private List<DistanceToRetrained> distancesToRetrained(
      List<Evaluation.Model> scored,
      Map<String, List<DocumentScore>> documents,
      Map<String, ModelKey> keys,
      Optional<Target> target) {
    ModelKey retrained = keys.get(ModelNames.RETRAINED);
    if (retrained == null) {
      return List.of();
    }
    Map<String, Dataset<Row>> scores = new LinkedHashMap<>();
    scored.forEach(m -> scores.put(m.name(), read(spark, folder, m)));
    return keys.keySet().stream()
        .filter(name -> !name.equals(ModelNames.RETRAINED))
        .map(
            name ->
                CompareWithRetrained.distance(
                    name,
                    keys.get(name),
                    scores.get(name),
                    documents.get(name),
                    retrained,
                    scores.get(ModelNames.RETRAINED),
                    documents.get(ModelNames.RETRAINED),
                    target,
                    chunks,
                    settings.microBatch()))
        .toList();
  }

  /** The chunk scores of a model. */
  static Dataset<Row> read(SparkSession spark, RunFolder folder, Evaluation.Model model) {
    String[] paths =
        model.parts().stream()
            .map(part -> new Path(folder.root(), part).toString())
            .toArray(String[]::new);
    return TableFiles.read(spark).schema(Scores.SCHEMA).parquet(paths);
  }

  /** Checks the chunks against each model, and counts them. */
  private Amount checkedAmount() {
    ChunkExtremes extremes = ChunkExtremes.of(chunks);
    List<String> problems = new ArrayList<>();
    if (extremes.leastScored() < 1) {
      problems.add(
          "Cannot evaluate: a chunk has no token to predict after its first or its prompt");
    }
    models.forEach(
        (name, source) -> {
          Architecture architecture = source.architecture();
          source.check(); // warnings were printed before
          if (!settings.tasks().isEmpty()) {
            source.open().tokenizer(); // questions are text
          }
          if (extremes.longest() > architecture.context().tokens()) {
            problems.add(
                "Cannot evaluate %s (%s): chunks have up to %d tokens, its context is %d"
                    .formatted(
                        name, source.path(), extremes.longest(), architecture.context().tokens()));
          }
          if (extremes.leastId() < 0 || extremes.largestId() >= architecture.vocabulary()) {
            problems.add(
                "Cannot evaluate %s (%s): chunks have token ids from %d to %d, its vocabulary is %d"
                    .formatted(
                        name,
                        source.path(),
                        extremes.leastId(),
                        extremes.largestId(),
                        architecture.vocabulary()));
          }
        });
    settings.tasks().forEach(task -> MultipleChoice.questions(spark, task));
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return new Amount(extremes.chunks(), extremes.tokens());
  }
}
