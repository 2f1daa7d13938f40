package lethe.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.corpus.DuplicateSettings.Action;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * The stage that makes a corpus of chunks from the user's documents. It reads the sources twice:
 * once for all but their texts, and once for the texts of the documents that some split takes; once
 * more for the texts of splits that are capped by tokens; and two to six times more to look for
 * duplicates, see {@link Duplicates}.
 */
public final class Prepare {
  private final SparkSession spark;
  private final CorpusSettings settings;
  private final RunFolder folder;
  private final Path tokenizer;
  private final int contextTokens;
  private final Documents documents;

  /**
   * @param rows of all sources
   * @param rejects rows that are not used, by reason
   * @param counts one entry a split and domain
   * @param duplicates documents that repeat one of another split
   * @param chunksSha256 hash of all chunks, see {@link Chunks}
   */
  public record Result(
      long rows,
      Map<String, Long> rejects,
      List<Manifest.Count> counts,
      List<Manifest.Repeat> duplicates,
      String chunksSha256) {}

  /**
   * @param model Hugging Face folder on any Hadoop path; its {@code tokenizer.json} is used
   * @param contextTokens the most tokens the model can read at once
   */
  public Prepare(
      SparkSession spark,
      CorpusSettings settings,
      RunFolder folder,
      String model,
      int contextTokens) {
    this.spark = spark;
    this.settings = settings;
    this.folder = folder;
    this.tokenizer = new Path(model, "tokenizer.json");
    this.contextTokens = contextTokens;
    this.documents = new Documents(spark, settings.sources(), predicates(settings));
  }

  /**
   * Looks for everything that can be found wrong without reading a document.
   *
   * @throws InvalidSettings with all of it
   */
  public void check() {
    throwAll(new Inputs(settings, folder.files()).problems(tokenizer, contextTokens, documents));
  }

  /**
   * Writes the rejects and the chunks, and last the manifest.
   *
   * @throws InvalidSettings when the settings or the sources are wrong; nothing is written then
   */
  public Result execute() {
    check();
    byte[] json = folder.files().read(tokenizer);
    Tokenizer.of(json).close(); // a bad one is found here, not on an executor
    Broadcast<byte[]> broadcast =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(json);
    Texts texts = new Texts(spark, documents.read());
    try (Tables tables = new Tables()) {
      Dataset<Row> index =
          tables.keep(new Index(settings).of(texts.table(), spark, folder.files()));
      Rejects rejects = Rejects.of(index);
      throwAll(rejects.problems(settings));
      Splits splits = new Splits(settings, tables, index, which -> tokens(texts, which, broadcast));
      throwAll(splits.conflicts());
      throwAll(empty(Counts.documents(splits.taken())));
      if (settings.duplicates().action() == Action.IGNORE) {
        return finish(rejects, Optional.empty(), splits, texts, broadcast);
      }
      Closure closure = new Closure(tables, settings.duplicates(), texts, splits);
      Splits closed = closure.closed(settings.duplicates().action());
      return finish(rejects, Optional.of(closure), closed, texts, broadcast);
    } finally {
      broadcast.destroy();
    }
  }

  private Result finish(
      Rejects rejects,
      Optional<Closure> closure,
      Splits splits,
      Texts texts,
      Broadcast<byte[]> json) {
    List<Row> taken = Counts.documents(splits.taken());
    throwAll(empty(taken));
    List<Manifest.Repeat> repeats = closure.map(Closure::counts).orElse(List.of());
    folder.files().delete(folder.corpusManifest()); // from here on the corpus is unfinished
    folder.files().delete(folder.corpus());
    folder.files().delete(folder.duplicates());
    closure.ifPresent(
        found -> found.table().coalesce(1).write().parquet(folder.duplicates().toString()));
    write(rejects, chunks(texts, splits.taken(), json));
    String tokenizerSha256 = HexFormat.of().formatHex(Files.sha256().digest(json.value()));
    return commit(rejects, repeats, taken, tokenizerSha256);
  }

  private Dataset<Row> chunks(Texts texts, Dataset<Row> which, Broadcast<byte[]> json) {
    return texts
        .of(which, col("split"))
        .select("split", "domain", "id", "text", "_question")
        .mapPartitions(
            new Chunking(json, settings.chunkTokens(), settings.minimumTail(), answers()),
            Encoders.row(Chunks.SCHEMA));
  }

  /** How questions and answers are written; null where no source has any. */
  private Answers answers() {
    return settings.sources().stream().allMatch(source -> source.question() == null)
        ? null
        : new Answers(
            settings.template(),
            endOfText(folder.files().readJson(new Path(tokenizer.getParent(), "config.json"))));
  }

  /**
   * The token that ends a text; where config.json lists several, the first.
   *
   * @throws InvalidSettings when it has none
   */
  public static int endOfText(JsonNode config) {
    JsonNode value = config.path("eos_token_id");
    JsonNode id = value.isArray() ? value.path(0) : value;
    if (!id.isInt()) {
      throw new InvalidSettings(
          List.of(
              "Cannot end answers: eos_token_id in the model's config.json must be a token id, was "
                  + (value.isMissingNode() ? "missing" : value)));
    }
    return id.asInt();
  }

  private Dataset<Row> tokens(Texts texts, Dataset<Row> which, Broadcast<byte[]> json) {
    return chunks(texts, which, json)
        .groupBy(col("domain"), col("document").as("id"))
        .agg(sum(size(col("tokens"))).as("tokens"));
  }

  private void write(Rejects rejects, Dataset<Row> chunks) {
    rejects.table().write().mode(SaveMode.Overwrite).parquet(folder.rejects().toString());
    chunks
        .sortWithinPartitions("split", "domain", "document", "ordinal")
        .write()
        .partitionBy("split", "domain")
        .parquet(folder.corpus().toString());
  }

  /** Counts and hashes what was written, from the files themselves, and writes the manifest. */
  private Result commit(
      Rejects rejects, List<Manifest.Repeat> repeats, List<Row> taken, String tokenizerSha256) {
    List<Manifest.Part> parts = Parts.list(spark, folder);
    Dataset<Row> chunks =
        Chunks.open(spark, folder.corpus(), parts.stream().map(Manifest.Part::path).toList());
    List<Manifest.Count> counts = Counts.of(taken, chunks);
    String chunksSha256 = Chunks.sha256(chunks);
    new Manifest(
            Manifest.VERSION,
            settings.chunkTokens(),
            settings.minimumTail(),
            settings.seed(),
            tokenizerSha256,
            chunksSha256,
            rejects.rows(),
            rejects.reasons(),
            counts,
            repeats,
            parts)
        .write(folder);
    return new Result(rejects.rows(), rejects.reasons(), counts, repeats, chunksSha256);
  }

  private List<String> empty(List<Row> taken) {
    return settings.splits().keySet().stream()
        .filter(split -> taken.stream().noneMatch(row -> row.getString(0).equals(split.key())))
        .map(
            split ->
                "Split %s has no document: widen corpus.splits.%1$s or its caps, or leave it out"
                    .formatted(split.key()))
        .toList();
  }

  private static List<Predicate> predicates(CorpusSettings settings) {
    return settings.splits().values().stream()
        .map(SplitRule::where)
        .flatMap(Optional::stream)
        .toList();
  }

  private static void throwAll(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
  }
}
