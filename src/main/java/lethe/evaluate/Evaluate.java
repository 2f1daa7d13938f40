package lethe.evaluate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import lethe.folder.RunFolder;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.model.network.Architecture;
import lethe.settings.InvalidSettings;
import lethe.table.CachedTable;
import lethe.table.TableFiles;
import lethe.target.Split;
import lethe.target.Target;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The stage that scores every chunk of a corpus with every model, on the executors, into {@link
 * RunFolder#scores} and sums the scores up into {@link RunFolder#evaluation}.
 */
public final class Evaluate {
  private final SparkSession spark;

  private final EvaluateSettings settings;
  private final RunFolder folder;
  private final Dataset<Row> chunks;
  private final String chunksSha256;
  private final Map<String, ModelSource> models;
  private final ScoringJob job;

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
    this.job = new ScoringJob(spark, progress);
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
    Evaluation evaluation = sumUp(asked, scored, taskScores, keys, all);
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
                    new TaskFile(task, folder.files()).preface(),
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
    job.readOrCompute(
        name,
        table,
        all,
        (done, tokens) ->
            Scores.of(chunks, all.tokens(), key, settings.microBatch(), done, tokens));
    return new Evaluation.Model(
        name,
        key.source().path(),
        key.fingerprint(),
        key.source().architecture().elements(),
        table.parts().stream().map(part -> "scores/" + name + "/" + part).toList());
  }

  private Evaluation sumUp(
      Evaluation.Asked asked,
      List<Evaluation.Model> scored,
      List<TaskScore> taskScores,
      Map<String, ModelKey> keys,
      Amount all) {
    List<SplitScore> scores = new ArrayList<>();
    Map<String, Membership> membership = new LinkedHashMap<>();
    List<MemoryScore> memory = new ArrayList<>();
    List<Histogram> histograms = new ArrayList<>();
    List<ChunkScore> chunkScores = new ArrayList<>();
    Map<String, List<DocumentScore>> documents = new LinkedHashMap<>();
    Map<String, List<DocumentScore>> entropies = new LinkedHashMap<>();
    for (Evaluation.Model model : scored) {
      Dataset<Row> rows = read(spark, folder, model).cache();
      List<DocumentScore> own = DocumentScore.of(rows);
      documents.put(model.name(), own);
      entropies.put(model.name(), EntropyGap.documents(rows));
      scores.addAll(SplitScores.of(model.name(), own, settings.seed()));
      membership.put(model.name(), Membership.of(model.name(), rows));
      memory.addAll(MemoryScore.of(model.name(), rows, own));
      if (ModelNames.steps(model.name()).isEmpty()) {
        histograms.addAll(Histogram.of(model.name(), rows));
      }
      chunkScores.addAll(ChunkScore.of(model.name(), rows));
      rows.unpersist();
    }
    List<RequestLine> requests = requests(Split.FORGET);
    Map<String, List<DocumentScore>> ends = ModelNames.withoutSteps(documents);
    List<ForgottenDocument> forgotten = ForgottenDocument.of(ends, requests);
    return new Evaluation(
        Evaluation.VERSION,
        asked,
        scored,
        scores,
        membership(membership),
        memory,
        memoryComparisons(documents, memory),
        DomainsLeftOut.of(documents),
        taskScores,
        histograms,
        distancesToRetrained(scored, documents, keys, SplitScore.target(scores), all),
        entropies(entropies),
        verdicts(ends),
        domainVerdicts(ends),
        RequestScore.of(requests, ends, forgotten),
        forgotten,
        chunkScores,
        verbatim(keys),
        settings.examples() && keys.containsKey(ModelNames.ORIGINAL)
            ? Continuations.of(
                spark, read(spark, folder, scored.get(0)), chunks, ModelNames.withoutSteps(keys))
            : List.of(),
        EarlierScore.of(requests(Split.EARLIER), ends));
  }

  private List<RequestLine> requests(Split split) {
    return folder.files().exists(folder.requests())
        ? RequestLine.read(TableFiles.read(spark).parquet(folder.requests().toString()), split)
        : List.of();
  }

  private static List<EntropyGap> entropies(Map<String, List<DocumentScore>> entropies) {
    List<DocumentScore> original = entropies.get(ModelNames.ORIGINAL);
    return original == null
        ? List.of()
        : entropies.entrySet().stream()
            .flatMap(own -> EntropyGap.of(own.getKey(), own.getValue(), original).stream())
            .toList();
  }

  private static List<MembershipScore> membership(Map<String, Membership> models) {
    return models.values().stream()
        .flatMap(
            own ->
                own
                    .scores(
                        Optional.ofNullable(models.get(ModelNames.RETRAINED))
                            .filter(retrained -> !retrained.model().equals(own.model())))
                    .stream())
        .toList();
  }

  private static List<MemoryComparison> memoryComparisons(
      Map<String, List<DocumentScore>> documents, List<MemoryScore> memory) {
    List<DocumentScore> original = documents.getOrDefault(ModelNames.ORIGINAL, List.of());
    return documents.keySet().stream()
        .flatMap(
            model -> MemoryComparison.of(model, documents.get(model), original, memory).stream())
        .toList();
  }

  private List<Verdict> verdicts(Map<String, List<DocumentScore>> documents) {
    return judged(
        documents,
        (original, judged, name) -> Verdict.of(original, judged, name, settings.band()).stream());
  }

  private List<DomainVerdict> domainVerdicts(Map<String, List<DocumentScore>> documents) {
    return judged(
        documents,
        (original, judged, name) ->
            DomainVerdict.of(original, judged, name, settings.band()).stream());
  }

  /** Judges one model by the original one. */
  private interface Judge<T> {
    Stream<T> judge(List<DocumentScore> original, List<DocumentScore> judged, String name);
  }

  private static <T> List<T> judged(Map<String, List<DocumentScore>> documents, Judge<T> judge) {
    List<DocumentScore> original = documents.get(ModelNames.ORIGINAL);
    return original == null
        ? List.of()
        : documents.entrySet().stream()
            .filter(model -> !model.getKey().equals(ModelNames.ORIGINAL))
            .flatMap(model -> judge.judge(original, model.getValue(), model.getKey()))
            .toList();
  }

  private List<DistanceToRetrained> distancesToRetrained(
      List<Evaluation.Model> scored,
      Map<String, List<DocumentScore>> documents,
      Map<String, ModelKey> keys,
      Optional<Target> target,
      Amount all) {
    ModelKey retrained = keys.get(ModelNames.RETRAINED);
    if (retrained == null) {
      return List.of();
    }
    Map<String, CompareWithRetrained.Scored> scores = new LinkedHashMap<>();
    Map<String, List<DocumentDivergence>> divergences = new LinkedHashMap<>();
    for (Evaluation.Model model : scored) {
      String name = model.name();
      scores.put(
          name, new CompareWithRetrained.Scored(read(spark, folder, model), documents.get(name)));
      if (!name.equals(ModelNames.RETRAINED)) {
        divergences.put(
            name, DocumentDivergence.of(divergences(name, keys.get(name), retrained, all)));
      }
    }
    CompareWithRetrained compare =
        new CompareWithRetrained(
            scores.get(ModelNames.RETRAINED),
            Optional.ofNullable(divergences.get(ModelNames.ORIGINAL)),
            target);
    return divergences.entrySet().stream()
        .map(own -> compare.distance(own.getKey(), scores.get(own.getKey()), own.getValue()))
        .toList();
  }

  /** By chunk, computed once for two models. */
  private Dataset<Row> divergences(String name, ModelKey model, ModelKey retrained, Amount all) {
    Map<String, Object> origin = new TreeMap<>();
    origin.put("columns", Divergences.SCHEMA.simpleString());
    origin.put("chunks_sha256", chunksSha256);
    origin.put("retrained", retrained.fingerprint());
    origin.put("model", model.fingerprint());
    origin.put("micro_batch", settings.microBatch());
    origin.put("precision", settings.compute().precision());
    CachedTable table = new CachedTable(folder.files(), folder.divergences(name), origin);
    return job.readOrCompute(
        name + " against " + ModelNames.RETRAINED,
        table,
        all,
        (done, tokens) ->
            Divergences.of(
                chunks, all.tokens(), retrained, model, settings.microBatch(), done, tokens));
  }

  /** What models write after the beginnings of chunks. */
  private List<VerbatimScore> verbatim(Map<String, ModelKey> keys) {
    ContinuationSettings how = settings.continuations();
    if (how == null) {
      return List.of();
    }
    Dataset<Row> chosen = VerbatimProbe.chosen(chunks, how, settings.seed());
    long count = chosen.count();
    List<VerbatimScore> scores = new ArrayList<>();
    keys.forEach(
        (name, key) ->
            scores.addAll(VerbatimProbe.scores(name, verbatim(name, key, chosen, count))));
    return scores;
  }

  private Dataset<Row> verbatim(String name, ModelKey key, Dataset<Row> chosen, long count) {
    ContinuationSettings how = settings.continuations();
    Map<String, Object> origin = new TreeMap<>();
    origin.put("columns", VerbatimProbe.SCHEMA.simpleString());
    origin.put("chunks_sha256", chunksSha256);
    origin.put("model", key.fingerprint());
    origin.put("continuations", how);
    origin.put("seed", settings.seed());
    origin.put("micro_batch", settings.microBatch());
    origin.put("precision", settings.compute().precision());
    return job.readOrCompute(
        "continuations of " + name,
        new CachedTable(folder.files(), folder.verbatim(name), origin),
        new Amount(count, count * how.newTokens()),
        (done, tokens) -> VerbatimProbe.of(chosen, key, how, settings.microBatch(), done, tokens));
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
          if (!settings.tasks().isEmpty() || settings.continuations() != null) {
            source.open().tokenizer(); // questions, and continuations, are text
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
    ContinuationSettings how = settings.continuations();
    if (how != null && VerbatimProbe.chosen(chunks, how, settings.seed()).isEmpty()) {
      problems.add(
          "Cannot continue chunks: none of forget or approximate has the %d tokens of evaluate.continuations.prompt-tokens and new-tokens; lower one of them, or raise corpus.chunk-tokens"
              .formatted(how.promptTokens() + how.newTokens()));
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return new Amount(extremes.chunks(), extremes.tokens());
  }
}
