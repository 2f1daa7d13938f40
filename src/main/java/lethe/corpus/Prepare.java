package lethe.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
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
import org.apache.spark.sql.SparkSession;

/**
 * The stage that makes a corpus of chunks from the user's documents. It reads the sources twice:
 * once for all but their texts, and once for the texts of the documents that some split takes; once
 * more for the texts of splits that are capped by tokens; and two to six times more to look for
 * duplicates, see {@link Duplicates}.
 */
public final class Prepare {
  private static final String[] NAME = {"domain", "id"};

  /** Hadoop's setting for an empty file _SUCCESS, at which readers of Parquet stumble. */
  private static final String NO_SUCCESS = "mapreduce.fileoutputcommitter.marksuccessfuljobs";

  private final SparkSession spark;
  private final CorpusSettings settings;
  private final RunFolder folder;
  private final Path tokenizer;
  private final int contextTokens;
  private final Documents documents;

  /**
   * @param evidence what the splits are like
   * @param chunksSha256 hash of all chunks, see {@link Chunks}
   */
  public record Result(Evidence evidence, String chunksSha256) {}

  /**
   * Everything there is to write.
   *
   * @param taken rows of {@link Counts#documents}
   * @param chunks not computed yet
   * @param requests of {@link Requests#answered}, if there are any
   * @param duplicates of {@link Closure#table}, if they were looked for
   * @param documents columns {@code split domain id _content} of those taken
   * @param reused documents whose chunks an earlier run has
   */
  private record Assembled(
      String tokenizerSha256,
      Rejects rejects,
      List<Row> taken,
      Dataset<Row> chunks,
      Optional<Dataset<Row>> requests,
      Optional<Dataset<Row>> duplicates,
      List<Manifest.Repeat> repeats,
      Dataset<Row> documents,
      long reused,
      List<String> warnings) {

    Evidence evidence(List<Manifest.Count> counts) {
      List<String> all = new ArrayList<>(warnings);
      all.addAll(Evidence.differences(counts));
      return new Evidence(rejects.rows(), rejects.reasons(), counts, repeats, reused, all);
    }
  }

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
    if (settings.hub().isPresent()) {
      HubTokenizer.find();
    }
    if (settings.reuse().isPresent()) {
      throwAll(earlier().problems(settings, folder.files().sha256(tokenizer), answers(), folder));
    }
  }

  /**
   * Writes the rejects and the chunks, and last the manifest.
   *
   * @throws InvalidSettings when the settings or the sources are wrong; nothing is written then
   */
  public Result execute() {
    return execute(sentence -> {});
  }

  /**
   * The same.
   *
   * @param early told at once what makes the stage slow
   */
  public Result execute(Consumer<String> early) {
    return execute(early, () -> {});
  }

  /**
   * The same.
   *
   * @param begins done when nothing can be refused any more, before anything is written or deleted
   */
  public Result execute(Consumer<String> early, Runnable begins) {
    return assemble(
        early,
        all -> {
          begins.run();
          return write(all);
        });
  }

  /**
   * Does all of {@link #execute} but write.
   *
   * @throws InvalidSettings when the settings or the sources are wrong
   */
  public Evidence preview() {
    return assemble(sentence -> {}, all -> all.evidence(Counts.of(all.taken(), all.chunks())));
  }

  private <R> R assemble(Consumer<String> early, Function<Assembled, R> use) {
    check();
    byte[] json = folder.files().read(tokenizer);
    Tokenizer.of(json).close(); // a bad one is found here, not on an executor
    Broadcast<byte[]> broadcast =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(json);
    try (Tables tables = new Tables()) {
      return use.apply(assemble(early, tables, broadcast));
    } catch (Exception e) { // Spark's are checked but not declared
      throw new Unreadable(spark, settings.sources()).explained(e);
    } finally {
      broadcast.destroy();
    }
  }

  private Assembled assemble(Consumer<String> early, Tables tables, Broadcast<byte[]> json) {
    Texts texts = new Texts(spark, documents.read());
    Named named = Named.read(settings, tables, spark, folder.files());
    Dataset<Row> index = tables.keep(new Index(settings, named).of(texts.table()));
    Rejects rejects = Rejects.of(index);
    throwAll(rejects.problems(settings));
    Splits splits = new Splits(settings, tables, index, which -> tokens(texts, which, json));
    throwAll(splits.conflicts());
    throwAll(empty(Counts.documents(splits.taken())));
    List<String> giants = splits.giants();
    giants.forEach(early);
    List<String> warnings = new ArrayList<>(rejects.empty(settings));
    warnings.addAll(documents.notes());
    warnings.addAll(rejects.made(settings));
    Requests requests = new Requests(tables, settings, named, index);
    Optional<Dataset<Row>> answered = requests.answered(splits);
    List<String> unmet = answered.map(requests::unmet).orElse(List.of());
    if (!settings.allowUnmet()) {
      throwAll(unmet);
    }
    warnings.addAll(unmet);
    warnings.addAll(requests.unknownIds());
    Optional<Closure> closure = Optional.empty();
    Splits closed = splits;
    if (settings.duplicates().action() != Action.IGNORE) {
      closure = Optional.of(new Closure(tables, settings.duplicates(), texts, splits));
      closed = closure.get().closed(settings.duplicates().action());
      warnings.addAll(closure.get().warnings());
    }
    warnings.addAll(giants);
    List<Row> taken = Counts.documents(closed.taken());
    throwAll(empty(taken));
    Dataset<Row> placed =
        closed
            .taken()
            .join(
                index
                    .where(col("_reason").isNull())
                    .select("domain", "id", "_content", "_source", "_file", "_row"),
                NAME);
    Optional<Dataset<Row>> known =
        settings.reuse().map(earlier -> tables.keep(earlier().known(placed)));
    return new Assembled(
        sha256(json.value()),
        rejects,
        taken,
        known
            .map(
                same -> earlier().chunks(same).unionAll(chunks(texts, without(placed, same), json)))
            .orElseGet(() -> chunks(texts, placed, json)),
        answered,
        closure.map(Closure::table),
        closure.map(Closure::counts).orElse(List.of()),
        placed,
        known.map(Dataset::count).orElse(0L),
        warnings);
  }

  private static Dataset<Row> without(Dataset<Row> documents, Dataset<Row> others) {
    return documents.join(others.select("domain", "id"), NAME, "left_anti");
  }

  private Earlier earlier() {
    return new Earlier(
        spark,
        new RunFolder(
            folder.files().qualified(Files.path(settings.reuse().orElseThrow())), folder.files()));
  }

  private static String sha256(byte[] content) {
    return HexFormat.of().formatHex(Files.sha256().digest(content));
  }

  private Dataset<Row> chunks(Texts texts, Dataset<Row> which, Broadcast<byte[]> json) {
    Dataset<Row> rows =
        texts.of(which, col("split")).select("split", "domain", "id", "text", "_question");
    if (settings.hub().isPresent()) {
      HubTokenizer hub = HubTokenizer.find();
      String id = settings.hub().get();
      return HubChunking.probe(spark, hub, id, settings).chunks(hub, id, rows);
    }
    return rows.mapPartitions(
        new Chunking(json, settings.chunkTokens(), settings.minimumTail(), answers().orElse(null)),
        Encoders.row(Chunks.SCHEMA));
  }

  /** How questions and answers are written, where a source has any. */
  private Optional<Answers> answers() {
    return settings.sources().stream().allMatch(source -> source.question() == null)
        ? Optional.empty()
        : Optional.of(
            new Answers(
                settings.template(),
                endOfText(
                    folder.files().readJson(new Path(tokenizer.getParent(), "config.json")))));
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

  private Result write(Assembled all) {
    folder.files().delete(folder.corpusManifest()); // from here on the corpus is unfinished
    folder.files().delete(folder.corpus());
    write(Optional.of(all.rejects().table()), folder.rejects());
    write(all.requests(), folder.requests());
    write(all.duplicates(), folder.duplicates());
    write(
        Optional.of(
            all.documents()
                .select(
                    col("split"),
                    col("domain"),
                    col("id").as("document"),
                    col("_content").as("sha256"),
                    col("_source").as("source"),
                    col("_file").as("file"),
                    col("_row").as("row"))),
        folder.documents());
    all.chunks()
        .sortWithinPartitions("split", "domain", "document", "ordinal")
        .write()
        .partitionBy("split", "domain")
        .option(NO_SUCCESS, "false")
        .parquet(folder.chunks().toString());
    return commit(all);
  }

  private void write(Optional<Dataset<Row>> table, Path path) {
    folder.files().delete(path);
    table.ifPresent(
        rows -> rows.coalesce(1).write().option(NO_SUCCESS, "false").parquet(path.toString()));
  }

  /** Counts and hashes what was written, from the files themselves, and writes the manifest. */
  private Result commit(Assembled all) {
    List<Manifest.Part> parts = Parts.list(spark, folder);
    Dataset<Row> chunks =
        Chunks.open(spark, folder.corpus(), parts.stream().map(Manifest.Part::path).toList());
    Evidence evidence = all.evidence(Counts.of(all.taken(), chunks));
    String chunksSha256 = Chunks.sha256(chunks);
    new Manifest(
            Manifest.VERSION,
            settings.chunkTokens(),
            settings.minimumTail(),
            settings.seed(),
            all.tokenizerSha256(),
            answers().map(Answers::form).orElse(null),
            chunksSha256,
            evidence.rows(),
            evidence.rejects(),
            evidence.counts(),
            evidence.duplicates(),
            evidence.warnings(),
            parts)
        .write(folder);
    return new Result(evidence, chunksSha256);
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
