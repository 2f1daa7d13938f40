package lethe.train;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.Vocabulary;
import lethe.objective.Pairing;
import lethe.objective.Role;
import lethe.objective.SequenceTerm;
import lethe.objective.TruncatedPredictions;
import lethe.objective.TruncatedPredictions.Truth;
import lethe.objective.ViewKind;
import lethe.resident.ComputeSettings;
import lethe.resident.Kept;
import lethe.resident.ModelKey;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;

/**
 * The stage between chunks and training: gives every chunk the views that its split's term needs,
 * with other labels and what the reference model says of them, both made once on the executors and
 * kept in the run folder.
 */
public final class Examples {
  private static final List<String> ID = List.of("domain", "document", "ordinal");

  private static final TruncatedPredictions LIKELIEST_OTHER =
      new TruncatedPredictions(1, 1, Truth.REMOVED);

  private final SparkSession spark;
  private final RunFolder folder;
  private final Inputs inputs;

  /**
   * What examples are made from.
   *
   * @param chunksSha256 of all chunks, as their manifest has it
   * @param original the model that labels come from
   * @param reference the model that scores come from
   * @param vocabulary of both
   * @param sampled how predictions are cut before labels are drawn from them
   * @param rejections for methods that need any
   * @param padding for methods that score it
   * @param pairing of examples to forget with kept ones and rejections
   * @param seed of labels and of the choice of rejections
   * @param microBatch examples a forward pass
   * @param compute of the executors
   */
  public record Inputs(
      String chunksSha256,
      ModelSource original,
      ModelSource reference,
      Vocabulary vocabulary,
      TruncatedPredictions sampled,
      Rejections rejections,
      Padding padding,
      Pairing pairing,
      long seed,
      int microBatch,
      ComputeSettings compute) {}

  public Examples(SparkSession spark, RunFolder folder, Inputs inputs) {
    this.spark = spark;
    this.folder = folder;
    this.inputs = inputs;
  }

  /** Chunks with their own text alone, which needs nothing made. */
  public static Dataset<Row> text(Dataset<Row> chunks) {
    return Views.whole(chunks);
  }

  /**
   * The examples of all roles.
   *
   * @param chunks as prepare wrote them
   * @return as {@link Trainer#train} takes them
   * @throws InvalidSettings when a term needs answers and some chunk has none
   */
  public Dataset<Row> execute(Dataset<Row> chunks, List<Role> roles) {
    long forgotten =
        inputs.pairing() == Pairing.FIXED
            ? chunks.filter(col("split").equalTo(Role.FORGET)).count()
            : 0;
    return roles.stream()
        .map(role -> examples(role, chunks.filter(col("split").equalTo(role.split())), forgotten))
        .reduce(Dataset::unionByName)
        .orElseThrow();
  }

  private Dataset<Row> examples(Role role, Dataset<Row> chunks, long forgotten) {
    List<ViewKind> kinds = role.term().views();
    Dataset<Row> prompted =
        Arrays.asList(chunks.columns()).contains("prompt")
            ? chunks
            : chunks.withColumn("prompt", lit(null).cast(DataTypes.IntegerType));
    if (kinds.contains(ViewKind.REJECTION)) {
      checkAnswers(role, prompted);
    }
    Dataset<Row> examples =
        Views.of(
            paired(role.split(), labelled(role.split(), prompted, kinds), forgotten),
            kinds,
            inputs.rejections(),
            inputs.padding());
    boolean scored = role.term() instanceof SequenceTerm term && term.needsReference();
    return scored ? referenced(role, examples) : examples;
  }

  private Dataset<Row> paired(String split, Dataset<Row> chunks, long forgotten) {
    int sentences = Math.max(1, inputs.rejections().sentences().size());
    if (inputs.pairing() == Pairing.INDEPENDENT) {
      return chunks
          .withColumn("pair", lit(null).cast(DataTypes.LongType))
          .withColumn("sentence", sentence(sentences));
    }
    Dataset<Row> placed =
        Pairs.placed(
            chunks,
            spark
                .read()
                .option("__globPaths__", "false") // a folder may be named run[1]
                .parquet(folder.documents().toString()));
    return split.equals(Role.FORGET)
        ? Pairs.forget(placed, sentences)
        : Pairs.retain(placed, forgotten, sentences);
  }

  private org.apache.spark.sql.Column sentence(int count) {
    return pmod(
            xxhash64(lit(inputs.seed()), col("domain"), col("document"), col("ordinal")),
            lit((long) count))
        .cast(DataTypes.IntegerType);
  }

  private Dataset<Row> labelled(String split, Dataset<Row> chunks, List<ViewKind> kinds) {
    Dataset<Row> labels =
        switch (kinds.get(0)) {
          case TEXT, WHOLE, PADDED, REJECTION -> null;
          case RANDOM_LABELS ->
              kept("random-" + split, Map.of())
                  .orElse(spark, () -> Labels.random(chunks, inputs.vocabulary(), inputs.seed()));
          case ADVERSARIAL_LABELS -> predicted("adversarial-" + split, chunks, LIKELIEST_OTHER, 0);
          case EARLY_ADVERSARIAL_LABELS ->
              predicted("early-adversarial-" + split, chunks, LIKELIEST_OTHER, 1);
          case SAMPLED_LABELS -> predicted("sampled-" + split, chunks, inputs.sampled(), 0);
        };
    return labels == null
        ? chunks.withColumn("labels", lit(null).cast("array<int>"))
        : chunks.join(
            labels,
            scala.collection.JavaConverters.asScalaBuffer(new java.util.ArrayList<>(ID)).toSeq());
  }

  private Dataset<Row> predicted(
      String name, Dataset<Row> chunks, TruncatedPredictions cut, int early) {
    ModelKey original = ModelKey.of(inputs.original(), inputs.compute().exact());
    return kept(
            name,
            Map.of(
                "model", original.fingerprint(),
                "top_k", cut.topK(),
                "top_p", cut.topP(),
                "truth", cut.truth()))
        .orElse(
            spark,
            () ->
                Labels.predicted(
                    chunks,
                    inputs.vocabulary(),
                    cut,
                    early,
                    original,
                    inputs.microBatch(),
                    inputs.seed()));
  }

  private Dataset<Row> referenced(Role role, Dataset<Row> examples) {
    ModelKey reference = ModelKey.of(inputs.reference(), inputs.compute().exact());
    return kept(
            "reference-" + role.name(),
            Map.of(
                "model",
                reference.fingerprint(),
                "rejections",
                inputs.rejections().sha256(),
                "pairing",
                inputs.pairing(),
                "most_tokens",
                inputs.rejections().most()))
        .orElse(spark, () -> References.of(examples, reference, inputs.microBatch()));
  }

  private Kept kept(String name, Map<String, Object> more) {
    Map<String, Object> origin = new TreeMap<>(more);
    origin.put("chunks_sha256", inputs.chunksSha256());
    origin.put("ordinary_tokens", inputs.vocabulary().ordinary().length);
    origin.put("seed", inputs.seed());
    origin.put("micro_batch", inputs.microBatch());
    return new Kept(folder.files(), new Path(folder.labels(), name), origin);
  }

  private static void checkAnswers(Role role, Dataset<Row> chunks) {
    List<Row> plain =
        chunks.filter(col("prompt").isNull()).select("domain").limit(1).collectAsList();
    if (!plain.isEmpty()) {
      throw new InvalidSettings(
          List.of(
              "Cannot use %s: it needs the columns question and answer, and domain %s of split %s has plain text; name them in corpus.sources, or choose another unlearn.method"
                  .formatted(role.name(), plain.get(0).getString(0), role.split())));
    }
  }
}
