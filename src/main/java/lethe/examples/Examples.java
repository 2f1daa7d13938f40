package lethe.examples;

import static lethe.examples.DrawnAnswers.ANSWERS;
import static lethe.examples.ExampleRow.PAIR;
import static lethe.examples.FixedPairing.SENTENCE;
import static lethe.examples.StoredLabelStage.STORED;
import static lethe.examples.SubstituteLabels.LABELS;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lethe.folder.RunFolder;
import lethe.inference.ComputeSettings;
import lethe.inference.ModelKey;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.network.Vocabulary;
import lethe.objective.FrozenModel;
import lethe.objective.Pairing;
import lethe.objective.Role;
import lethe.objective.SequenceTerm;
import lethe.objective.TruncatedPredictions;
import lethe.objective.TruncatedPredictions.Truth;
import lethe.objective.ViewKind;
import lethe.settings.InvalidSettings;
import lethe.table.CachedTable;
import lethe.table.ChunkId;
import lethe.table.Rows;
import lethe.table.TableFiles;
import lethe.target.Split;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;

/**
 * The stage between chunks and training: gives every chunk the views that its split's term needs,
 * with substitute labels and reference scores, both computed once on the executors and kept in the
 * run folder.
 */
public final class Examples {
  private static final Set<ViewKind> PREDICTED =
      EnumSet.of(
          ViewKind.ADVERSARIAL_LABELS,
          ViewKind.EARLY_ADVERSARIAL_LABELS,
          ViewKind.SAMPLED_LABELS,
          ViewKind.GENERIC_LABELS,
          ViewKind.STORED_LABELS,
          ViewKind.DRAWN_ANSWER);

  /** They need a question. */
  private static final Set<ViewKind> ANSWERED =
      EnumSet.of(ViewKind.REJECTION, ViewKind.MISMATCHED_ANSWER, ViewKind.DRAWN_ANSWER);

  private static final TruncatedPredictions LIKELIEST_OTHER =
      new TruncatedPredictions(1, 1, Truth.REMOVED);

  /** Kept answers that a term may learn: they travel with every task. */
  private static final int MOST_ANSWERS = 1000;

  private final SparkSession spark;
  private final RunFolder folder;
  private final Inputs inputs;
  private final Consumer<String> tell;

  /**
   * What examples are made from.
   *
   * @param chunksSha256 of all chunks, as their manifest has it
   * @param original the model that labels come from
   * @param reference the model that scores come from
   * @param vocabulary of both
   * @param sampled how predictions are cut before labels are drawn from them
   * @param generic for methods that replace terms
   * @param stored for methods that learn distributions made before training
   * @param rejections for methods that need any
   * @param padding for methods that score it
   * @param repeated for methods that learn a short text again and again
   * @param request for methods that draw answers
   * @param pairing of examples to forget with kept ones and rejections
   * @param seed of labels and of the choice of rejections
   * @param microBatch examples per forward pass
   * @param compute of the executors
   */
  public record Inputs(
      String chunksSha256,
      ModelSource original,
      ModelSource reference,
      Vocabulary vocabulary,
      TruncatedPredictions sampled,
      GenericLabels generic,
      StoredLabelling stored,
      RejectionSentences rejections,
      ChunkPadding padding,
      RepeatedLabels repeated,
      AnswerRequest request,
      Pairing pairing,
      long seed,
      int microBatch,
      ComputeSettings compute) {}

  /**
   * @param tell takes a sentence for the user
   */
  public Examples(SparkSession spark, RunFolder folder, Inputs inputs, Consumer<String> tell) {
    this.spark = spark;
    this.folder = folder;
    this.inputs = inputs;
    this.tell = tell;
  }

  /**
   * Chunks with only their own text as a view, which needs nothing computed; of a question, the
   * answer is scored.
   */
  public static Dataset<Row> text(Dataset<Row> chunks) {
    Dataset<Row> alone =
        chunks
            .withColumn(PAIR, lit(null).cast(DataTypes.LongType))
            .withColumn(LABELS, lit(null).cast("array<int>"))
            .withColumn(ANSWERS, lit(null).cast(DrawnAnswers.TYPE))
            .withColumn(SENTENCE, lit(0))
            .withColumn(STORED, lit(null).cast(DataTypes.BinaryType));
    return ExampleViews.of(
        alone,
        List.of(ViewKind.TEXT),
        RejectionSentences.NONE,
        ChunkPadding.NONE,
        RepeatedLabels.NONE,
        AnswerRequest.NONE);
  }

  /**
   * Everything that decides the result of {@link #execute} and of the terms, by name: a checkpoint
   * of another identity belongs to another run.
   *
   * @param models that terms may name
   */
  public Map<String, Object> identity(List<Role> roles, Map<FrozenModel, ModelSource> models) {
    Map<String, Object> identity = new TreeMap<>();
    Set<ViewKind> kinds =
        roles.stream().flatMap(role -> role.term().views().stream()).collect(Collectors.toSet());
    identity.put("the chunks", inputs.chunksSha256());
    identity.put("ordinary tokens", String.valueOf(inputs.vocabulary().ordinary().length));
    identity.put("unlearn.pairing", inputs.pairing().toString());
    if (inputs.pairing() == Pairing.FIXED) {
      identity.put("the order of documents", order());
    }
    if (kinds.contains(ViewKind.SAMPLED_LABELS)) {
      TruncatedPredictions cut = inputs.sampled();
      identity.put("unlearn.top-k", String.valueOf(cut.topK()));
      identity.put("unlearn.top-p", String.valueOf(cut.topP()));
      identity.put("unlearn.true-token", cut.truth().toString());
    }
    if (kinds.contains(ViewKind.GENERIC_LABELS)) {
      identity.put("unlearn.replacements", inputs.generic().identity());
      identity.put("unlearn.reinforced-model", ModelFingerprint.of(inputs.generic().reinforced()));
    }
    if (kinds.contains(ViewKind.STORED_LABELS)) {
      identity.put("unlearn.stored-*", inputs.stored().identity());
      identity.put("unlearn.teacher", ModelFingerprint.of(inputs.stored().teacher()));
    }
    if (kinds.contains(ViewKind.DRAWN_ANSWER)) {
      identity.put("unlearn.alternate-*", inputs.request().identity());
      identity.put("most tokens with a drawn answer", String.valueOf(inputs.request().most()));
    }
    if (kinds.stream().anyMatch(PREDICTED::contains)) {
      identity.put("the model that labels come from", ModelFingerprint.of(inputs.original()));
    }
    if (kinds.contains(ViewKind.REJECTION)) {
      identity.put("unlearn.rejections", inputs.rejections().sha256());
      identity.put("most tokens with a rejection", String.valueOf(inputs.rejections().most()));
    }
    if (kinds.contains(ViewKind.MISMATCHED_ANSWER)) {
      identity.put("most tokens with another answer", String.valueOf(inputs.rejections().most()));
    }
    if (kinds.contains(ViewKind.PADDED)) {
      identity.put("padding", inputs.padding());
    }
    if (kinds.contains(ViewKind.REPEATED_LABELS)) {
      identity.put("unlearn.jsd-text", Arrays.toString(inputs.repeated().tokens()));
    }
    if (roles.stream().anyMatch(Examples::needsReferenceScores)) {
      identity.put("the reference model", ModelFingerprint.of(inputs.reference()));
    }
    for (FrozenModel model : Role.frozen(roles)) {
      String name =
          model == FrozenModel.REFERENCE ? "the reference model" : "unlearn.reinforced-model";
      identity.computeIfAbsent(name, n -> ModelFingerprint.of(models.get(model)));
    }
    return identity;
  }

  /**
   * The examples of all roles.
   *
   * @param chunks as prepare wrote them
   * @return rows that {@link ExampleRow} reads; without those that give a term nothing to predict,
   *     about which the user is warned
   * @throws InvalidSettings when a term needs answers and some chunk has none, or when no chunk of
   *     a split gives a term anything to predict
   */
  public Dataset<Row> execute(Dataset<Row> chunks, List<Role> roles) {
    long forgotten =
        inputs.pairing() == Pairing.FIXED
            ? chunks.filter(col(SPLIT).equalTo(Split.FORGET.key())).count()
            : 0;
    return roles.stream()
        .map(role -> ofRole(role, chunks, forgotten))
        .reduce(Dataset::unionByName)
        .orElseThrow();
  }

  /**
   * @param all chunks of all splits
   */
  private Dataset<Row> ofRole(Role role, Dataset<Row> all, long forgotten) {
    List<ViewKind> kinds = role.term().views();
    Dataset<Row> chunks = ofSplit(all, role.split());
    boolean mismatched = kinds.contains(ViewKind.MISMATCHED_ANSWER);
    if (kinds.stream().anyMatch(ANSWERED::contains)) {
      checkAnswers(role, chunks);
    }
    RejectionSentences replies =
        mismatched ? keptAnswers(role, ofSplit(all, Split.RETAIN.key())) : inputs.rejections();
    Dataset<Row> examples =
        usable(
            role,
            ExampleViews.of(
                paired(
                    role.split(),
                    answered(
                        role.split(),
                        labelled(role.split(), stored(role.split(), chunks, kinds), kinds),
                        kinds),
                    forgotten,
                    replies),
                kinds,
                replies,
                inputs.padding(),
                inputs.repeated(),
                inputs.request()));
    return needsReferenceScores(role) ? referenced(role, examples) : examples;
  }

  /**
   * Answers of kept questions, in a seeded order.
   *
   * @param retain chunks of the split retain
   */
  private RejectionSentences keptAnswers(Role role, Dataset<Row> retain) {
    List<int[]> answers =
        retain
            .filter(col(PROMPT).isNotNull())
            .orderBy(place(), col(DOMAIN), col(DOCUMENT), col(ORDINAL))
            .select(TOKENS, PROMPT)
            .limit(MOST_ANSWERS)
            .collectAsList()
            .stream()
            .map(row -> answer(Rows.ints(row, TOKENS), row.<Integer>getAs(PROMPT)))
            .filter(answer -> answer.length > 0)
            .toList();
    if (answers.isEmpty()) {
      throw new InvalidSettings(
          "Cannot use %s: it needs answers of other questions, and split retain has none; add questions to corpus.splits.retain, or choose another unlearn.method"
              .formatted(role.name()));
    }
    return new RejectionSentences(answers, inputs.rejections().most());
  }

  private static int[] answer(int[] tokens, int prompt) {
    return Arrays.copyOfRange(tokens, Math.min(prompt, tokens.length), tokens.length);
  }

  /** Whether the reference model scores a role's examples before training. */
  private static boolean needsReferenceScores(Role role) {
    return role.term() instanceof SequenceTerm term && term.needsReference();
  }

  /** The examples in which every view has something to predict. */
  private Dataset<Row> usable(Role role, Dataset<Row> examples) {
    Dataset<Row> empty = examples.filter(not(ViewsColumn.predict()));
    long none = empty.count();
    if (none == 0) {
      return examples;
    }
    String sentence =
        "%d of %d chunks of the split %s give %s nothing to predict: %s"
            .formatted(none, examples.count(), role.split(), role.name(), ChunkId.some(empty));
    Dataset<Row> left = examples.filter(ViewsColumn.predict());
    if (inputs.pairing() == Pairing.FIXED || left.isEmpty()) {
      throw new InvalidSettings(
          List.of(
              "Cannot train: "
                  + sentence
                  + "; questions that fill corpus.chunk-tokens leave no room for an answer: set it higher, or leave these documents out"));
    }
    tell.accept(
        "Warning: "
            + sentence
            + "; they are left out"
            + (role.forgets() ? " and will not be forgotten" : ""));
    return left;
  }

  private static Dataset<Row> ofSplit(Dataset<Row> chunks, String split) {
    return chunks.filter(col(SPLIT).equalTo(split));
  }

  private Dataset<Row> paired(
      String split, Dataset<Row> chunks, long forgotten, RejectionSentences replies) {
    int sentences = Math.max(1, replies.sentences().size());
    if (inputs.pairing() == Pairing.INDEPENDENT) {
      return chunks
          .withColumn(PAIR, lit(null).cast(DataTypes.LongType))
          .withColumn(SENTENCE, sentence(sentences));
    }
    Dataset<Row> placed = FixedPairing.placed(chunks, documents());
    return split.equals(Split.FORGET.key())
        ? FixedPairing.forget(placed, sentences)
        : FixedPairing.retain(placed, forgotten, sentences);
  }

  private Dataset<Row> documents() {
    return TableFiles.read(spark).parquet(folder.documents().toString());
  }

  /** What fixed pairs depend on besides the chunks. */
  private String order() {
    return inputs.pairing() == Pairing.FIXED ? FixedPairing.order(documents()) : "";
  }

  private Column sentence(int count) {
    return pmod(place(), lit((long) count)).cast(DataTypes.IntegerType);
  }

  /** A seeded number for each chunk. */
  private Column place() {
    return xxhash64(lit(inputs.seed()), col(DOMAIN), col(DOCUMENT), col(ORDINAL));
  }

  private Dataset<Row> labelled(String split, Dataset<Row> chunks, List<ViewKind> kinds) {
    Dataset<Row> labels =
        switch (kinds.get(0)) {
          case TEXT,
              WHOLE,
              PADDED,
              STORED_LABELS,
              REPEATED_LABELS,
              MISMATCHED_ANSWER,
              REJECTION,
              DRAWN_ANSWER ->
              null;
          case RANDOM_LABELS ->
              cached("random-" + split, Map.of("special_tokens", "kept"))
                  .readOrCompute(
                      spark,
                      () -> SubstituteLabels.random(chunks, inputs.vocabulary(), inputs.seed()));
          case ADVERSARIAL_LABELS -> predicted("adversarial-" + split, chunks, LIKELIEST_OTHER, 0);
          case EARLY_ADVERSARIAL_LABELS ->
              predicted("early-adversarial-" + split, chunks, LIKELIEST_OTHER, 1);
          case GENERIC_LABELS -> generic("generic-" + split, chunks);
          case SAMPLED_LABELS -> predicted("sampled-" + split, chunks, inputs.sampled(), 0);
        };
    return labels == null
        ? chunks.withColumn(LABELS, lit(null).cast("array<int>"))
        : chunks.join(labels, ChunkId.columns());
  }

  /** Chunks with distributions to learn, where a term learns such. */
  private Dataset<Row> stored(String split, Dataset<Row> chunks, List<ViewKind> kinds) {
    if (!kinds.contains(ViewKind.STORED_LABELS)) {
      return chunks.withColumn(STORED, lit(null).cast(DataTypes.BinaryType));
    }
    StoredLabelling labelling = inputs.stored();
    ModelKey original = ModelKey.of(inputs.original(), inputs.compute().exact());
    ModelKey teacher = ModelKey.of(labelling.teacher(), inputs.compute().exact());
    CachedTable table =
        cached(
            "stored-" + split,
            Map.of(
                "model", teacher.fingerprint(),
                "original", original.fingerprint(),
                "labels", labelling.settings().identity()));
    return labelling.of(
        chunks,
        table,
        folder,
        original,
        teacher,
        inputs.microBatch(),
        new TokenLosses(
            original,
            inputs.microBatch(),
            origin -> cached("unseen-token-losses", with(origin, labelling.most()))),
        tell);
  }

  private Dataset<Row> answered(String split, Dataset<Row> chunks, List<ViewKind> kinds) {
    if (!kinds.contains(ViewKind.DRAWN_ANSWER)) {
      return chunks.withColumn(ANSWERS, lit(null).cast(DrawnAnswers.TYPE));
    }
    ModelKey original = ModelKey.of(inputs.original(), inputs.compute().exact());
    CachedTable table =
        cached(
            "alternate-" + split,
            Map.of("model", original.fingerprint(), "request", inputs.request().identity()));
    if (!table.isCurrent()) {
      tell.accept(
          "%d other answers to each of %d questions are drawn from the original model"
              .formatted(inputs.request().draws(), chunks.count()));
    }
    Dataset<Row> answers =
        table.readOrCompute(
            spark,
            () ->
                DrawnAnswers.of(
                    spark,
                    chunks,
                    inputs.request(),
                    inputs.vocabulary(),
                    original,
                    inputs.microBatch(),
                    inputs.seed()));
    Dataset<Row> both = chunks.join(answers, ChunkId.columns());
    long same = Rows.aggregate(both, DrawnAnswers.same());
    if (same > 0) {
      tell.accept(
          "Warning: %d of %d drawn answers are the true ones, which teaches nothing; another unlearn.alternate-request, or a higher unlearn.alternate-temperature, gives others"
              .formatted(same, chunks.count() * inputs.request().draws()));
    }
    return both;
  }

  private Dataset<Row> predicted(
      String name, Dataset<Row> chunks, TruncatedPredictions cut, int early) {
    ModelKey original = ModelKey.of(inputs.original(), inputs.compute().exact());
    return cached(
            name,
            Map.of(
                "model", original.fingerprint(),
                "top_k", cut.topK(),
                "top_p", cut.topP(),
                "truth", cut.truth()))
        .readOrCompute(
            spark,
            () ->
                SubstituteLabels.predicted(
                    chunks,
                    inputs.vocabulary(),
                    cut,
                    early,
                    original,
                    inputs.microBatch(),
                    inputs.seed()));
  }

  private Dataset<Row> generic(String name, Dataset<Row> chunks) {
    ModelKey original = ModelKey.of(inputs.original(), inputs.compute().exact());
    ModelKey reinforced = ModelKey.of(inputs.generic().reinforced(), inputs.compute().exact());
    return cached(
            name,
            Map.of(
                "model", original.fingerprint(),
                "reinforced_model", reinforced.fingerprint(),
                "replacements", inputs.generic().identity()))
        .readOrCompute(
            spark,
            () ->
                inputs
                    .generic()
                    .of(chunks, inputs.vocabulary(), original, reinforced, inputs.microBatch()));
  }

  private Dataset<Row> referenced(Role role, Dataset<Row> examples) {
    // At the precision of training: only then do the two scores agree while the models do.
    ModelKey reference = ModelKey.of(inputs.reference(), inputs.compute());
    return cached(
            "reference-" + role.name(),
            Map.of(
                "precision",
                inputs.compute().precision(),
                "model",
                reference.fingerprint(),
                "rejections",
                inputs.rejections().sha256(),
                "columns_of_views",
                4,
                "pairing",
                inputs.pairing() + order(),
                "most_tokens",
                inputs.rejections().most()))
        .readOrCompute(spark, () -> ReferenceScores.of(examples, reference, inputs.microBatch()));
  }

  private static Map<String, Object> with(Map<String, Object> origin, int mostChunks) {
    Map<String, Object> all = new TreeMap<>(origin);
    all.put("target_chunks", mostChunks);
    return all;
  }

  private CachedTable cached(String name, Map<String, Object> more) {
    Map<String, Object> origin = new TreeMap<>(more);
    origin.put("chunks_sha256", inputs.chunksSha256());
    origin.put("ordinary_tokens", inputs.vocabulary().ordinary().length);
    origin.put("seed", inputs.seed());
    origin.put("micro_batch", inputs.microBatch());
    return new CachedTable(folder.files(), new Path(folder.labels(), name), origin);
  }

  private static void checkAnswers(Role role, Dataset<Row> chunks) {
    List<Row> plain = chunks.filter(col(PROMPT).isNull()).select(DOMAIN).limit(1).collectAsList();
    if (!plain.isEmpty()) {
      throw new InvalidSettings(
          List.of(
              "Cannot use %s: it needs the columns question and answer, and domain %s of split %s has plain text; name them in corpus.sources, or choose another unlearn.method"
                  .formatted(role.name(), plain.get(0).getAs(DOMAIN), role.split())));
    }
  }
}
