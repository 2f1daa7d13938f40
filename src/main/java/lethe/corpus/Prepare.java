package lethe.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import lethe.corpus.duplicate.DuplicateClosure;
import lethe.corpus.duplicate.DuplicateSettings.Action;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.source.Documents;
import lethe.corpus.source.Predicate;
import lethe.corpus.source.ReadDiagnosis;
import lethe.corpus.split.DocumentIndex;
import lethe.corpus.split.Rejects;
import lethe.corpus.split.Requests;
import lethe.corpus.split.RuleFiles;
import lethe.corpus.split.SplitRule;
import lethe.corpus.split.Splits;
import lethe.corpus.token.Chunks;
import lethe.corpus.token.HubTokenizer;
import lethe.corpus.token.QuestionEncoder;
import lethe.corpus.token.Tokenizer;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import lethe.table.MaterializedTables;
import lethe.target.Split;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The stage that makes a corpus of chunks from the user's documents. It reads the sources twice:
 * once for all but their texts, and once for the texts of the documents that some split takes; once
 * more for each of: texts of splits that are capped by tokens, short documents to forget, long
 * questions, a tokenizer with tokens that the model does not know, and duplicates.
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
  private final int vocabulary;
  private final Documents documents;

  /**
   * @param evidence what the splits are like
   * @param chunksSha256 hash of all chunks, see {@link Chunks}
   */
  public record Result(CorpusSummary evidence, String chunksSha256) {}

  /**
   * Everything there is to write.
   *
   * @param taken rows of {@link SplitCounts#documents}
   * @param chunks not computed yet
   * @param requests of {@link Requests#answered}, if there are any
   * @param duplicates of {@link DuplicateClosure#table}, if they were looked for
   * @param documents columns {@code split domain id _content} of those taken
   * @param reused documents whose chunks an earlier run has
   * @param unmet of {@link UnmetRequests#forget}
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
      long unmet,
      List<String> warnings) {

    CorpusSummary evidence(List<Manifest.Count> counts) {
      List<String> all = new ArrayList<>(warnings);
      all.addAll(CorpusSummary.differences(counts));
      return new CorpusSummary(rejects.rows(), rejects.reasons(), counts, repeats, reused, all);
    }
  }

  /**
   * @param model Hugging Face folder on any Hadoop path; its {@code tokenizer.json} is used
   * @param contextTokens the most tokens the model can read at once
   * @param vocabulary rows of the model's embedding
   */
  public Prepare(
      SparkSession spark,
      CorpusSettings settings,
      RunFolder folder,
      String model,
      int contextTokens,
      int vocabulary) {
    this.spark = spark;
    this.settings = settings;
    this.folder = folder;
    this.tokenizer = new Path(model, "tokenizer.json");
    this.contextTokens = contextTokens;
    this.vocabulary = vocabulary;
    this.documents = new Documents(spark, settings.sources(), predicates(settings));
  }

  /**
   * Looks for everything that can be found wrong without reading a document.
   *
   * @throws InvalidSettings with all of it
   */
  public void check() {
    throwAll(
        new InputCheck(settings, folder.files()).problems(tokenizer, contextTokens, documents));
    if (settings.hub().isPresent()) {
      HubTokenizer.find();
    }
    if (settings.reuse().isPresent()) {
      throwAll(earlier().problems(settings, folder.files().read(tokenizer), answers(), folder));
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
  public CorpusSummary preview() {
    return assemble(sentence -> {}, all -> all.evidence(SplitCounts.of(all.taken(), all.chunks())));
  }

  private <R> R assemble(Consumer<String> early, Function<Assembled, R> use) {
    check();
    byte[] json = folder.files().read(tokenizer);
    Tokenizer.of(json).close(); // a bad one is found here, not on an executor
    Broadcast<byte[]> broadcast =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(json);
    try (MaterializedTables tables = new MaterializedTables()) {
      return use.apply(assemble(early, tables, broadcast));
    } catch (Exception e) { // Spark's are checked but not declared
      throw explained(e);
    } finally {
      broadcast.destroy();
    }
  }

  /** What to throw in place of a failure: one that names the condition or the files behind it. */
  private RuntimeException explained(Exception failure) {
    if (failure instanceof InvalidSettings known) {
      return known;
    }
    RuntimeException unreadable = new ReadDiagnosis(spark, settings.sources()).explained(failure);
    Throwable first = first(failure);
    if (!(unreadable instanceof InvalidSettings) && !(first instanceof IOException)) {
      for (var split : settings.splits().entrySet()) {
        Optional<Throwable> own = split.getValue().where().flatMap(this::failure);
        if (own.isPresent() && own.get().getClass() == first.getClass()) {
          return new InvalidSettings(
              "corpus.splits.%s.where must hold or not of every document, but \"%s\" fails on one: %s"
                  .formatted(
                      split.getKey().key(), split.getValue().where().get().sql(), line(first)),
              failure);
        }
      }
    }
    return unreadable;
  }

  /** Why a condition cannot be told of some document. */
  private Optional<Throwable> failure(Predicate where) {
    try {
      documents.read().select(expr(where.sql())).write().format("noop").mode("overwrite").save();
      return Optional.empty();
    } catch (Exception e) { // Spark's are checked but not declared
      return first(e) instanceof IOException ? Optional.empty() : Optional.of(first(e));
    }
  }

  private static Throwable first(Throwable failure) {
    Throwable first = failure;
    while (first.getCause() != null && first.getCause() != first) {
      first = first.getCause();
    }
    return first;
  }

  private static String line(Throwable failure) {
    return String.valueOf(failure.getMessage()).strip().lines().findFirst().orElse("");
  }

  private Assembled assemble(
      Consumer<String> early, MaterializedTables tables, Broadcast<byte[]> json) {
    DocumentTexts texts = new DocumentTexts(spark, documents.read());
    Tokenization tokenization = new Tokenization(settings, json, answers(), texts);
    RuleFiles named = RuleFiles.read(settings, tables, spark, folder.files());
    Dataset<Row> index = index(tables, texts, named, tokenization);
    Rejects rejects = Rejects.of(index);
    throwAll(rejects.problems(settings));
    Splits splits = new Splits(settings, tables, index, tokenization::tokens);
    throwAll(splits.conflicts());
    EmptySplits empty = new EmptySplits(settings, texts.table(), named, index, rejects);
    throwAll(empty.problems(splits, null));
    List<String> giants = splits.giants();
    giants.forEach(early);
    List<String> warnings = new ArrayList<>(rejects.empty(settings));
    warnings.addAll(documents.notes());
    warnings.addAll(rejects.made(settings));
    ShortDocuments shorts = new ShortDocuments(tokenization);
    Dataset<Row> without = tables.keep(shorts.of(splits.taken(Split.FORGET)));
    Requests requests = new Requests(tables, settings, named, index, without);
    Optional<Dataset<Row>> answered = requests.answered(splits);
    UnmetRequests unmet = UnmetRequests.of(settings, tables, named, index, answered, without);
    if (!settings.allowUnmet()) {
      throwAll(unmet.problems());
    }
    throwAll(noForgetChunk(splits, without));
    warnings.addAll(unmet.sentences());
    warnings.addAll(UnmetRequests.unsure(settings, named, index));
    Optional<DuplicateClosure> closure = Optional.empty();
    Splits closed = splits;
    if (settings.duplicates().action() != Action.IGNORE) {
      closure = Optional.of(new DuplicateClosure(tables, settings.duplicates(), texts, splits));
      closed = closure.get().closed(settings.duplicates().action());
      warnings.addAll(closure.get().warnings());
      throwAll(empty.problems(closed, splits));
    }
    throwAll(shorts.problems(closed.taken()));
    warnings.addAll(giants);
    List<Row> taken = SplitCounts.documents(closed.taken());
    Dataset<Row> placed =
        closed
            .taken()
            .join(
                index
                    .where(col("_reason").isNull())
                    .select("domain", "id", "_content", "_source", "_file", "_row"),
                NAME);
    throwAll(new UnknownTokens(tokenization, vocabulary).problems(placed));
    Optional<Dataset<Row>> known =
        settings.reuse().map(earlier -> tables.keep(earlier().known(placed)));
    return new Assembled(
        sha256(json.value()),
        rejects,
        taken,
        known
            .map(
                same -> earlier().chunks(same).unionAll(tokenization.chunks(without(placed, same))))
            .orElseGet(() -> tokenization.chunks(placed)),
        answered,
        closure.map(DuplicateClosure::table),
        closure.map(DuplicateClosure::counts).orElse(List.of()),
        placed,
        known.map(Dataset::count).orElse(0L),
        unmet.forget(),
        warnings);
  }

  private Dataset<Row> index(
      MaterializedTables tables, DocumentTexts texts, RuleFiles named, Tokenization tokenization) {
    Dataset<Row> index = tables.keep(new DocumentIndex(settings, named).of(texts.table()));
    return tokenization
        .answers()
        .map(
            answers ->
                new LongQuestions(tokenization.json(), answers, settings.chunkTokens())
                    .rejected(index, texts, tables))
        .orElse(index);
  }

  private List<String> noForgetChunk(Splits splits, Dataset<Row> without) {
    long documents = splits.taken(Split.FORGET).count();
    return without.count() < documents
        ? List.of()
        : List.of(
            "Split forget has no chunk: all of its %d documents are shorter than corpus.min-tail-tokens = %d tokens"
                .formatted(documents, settings.minimumTail()));
  }

  private static Dataset<Row> without(Dataset<Row> documents, Dataset<Row> others) {
    return documents.join(others.select("domain", "id"), NAME, "left_anti");
  }

  private PreviousCorpus earlier() {
    return new PreviousCorpus(
        spark,
        new RunFolder(
            folder.files().qualified(Files.path(settings.reuse().orElseThrow())), folder.files()));
  }

  public static String sha256(byte[] content) {
    return HexFormat.of().formatHex(Files.sha256().digest(content));
  }

  /** How questions and answers are written, where a source has any. */
  private Optional<QuestionEncoder> answers() {
    return settings.sources().stream().allMatch(source -> source.question() == null)
        ? Optional.empty()
        : Optional.of(
            QuestionEncoder.of(settings, folder.files(), tokenizer.getParent(), vocabulary));
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
    List<Manifest.Part> parts = PartFiles.list(spark, folder);
    Dataset<Row> chunks =
        Chunks.open(spark, folder.corpus(), parts.stream().map(Manifest.Part::path).toList());
    CorpusSummary evidence = all.evidence(SplitCounts.of(all.taken(), chunks));
    String chunksSha256 = Chunks.sha256(chunks);
    new Manifest(
            Manifest.VERSION,
            settings.chunkTokens(),
            settings.minimumTail(),
            settings.seed(),
            all.tokenizerSha256(),
            settings.hub().map(id -> HubTokenizer.PREFIX + id).orElse(null),
            Tokenization.beginning(settings, folder.files().read(tokenizer)),
            answers().map(QuestionEncoder::signature).orElse(null),
            chunksSha256,
            evidence.rows(),
            evidence.rejects(),
            evidence.counts(),
            evidence.duplicates(),
            all.unmet(),
            evidence.warnings(),
            parts)
        .write(folder);
    return new Result(evidence, chunksSha256);
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
