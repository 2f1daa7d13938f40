package lethe.corpus;

import static lethe.corpus.source.Documents.FILE;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.ROW;
import static lethe.corpus.source.Documents.SOURCE_NUMBER;
import static lethe.corpus.split.DocumentIndex.CONTENT;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SHA256;
import static lethe.table.Columns.SOURCE;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.source.Documents;
import lethe.corpus.source.Predicate;
import lethe.corpus.source.ReadDiagnosis;
import lethe.corpus.source.SourceTable;
import lethe.corpus.source.TableVersions;
import lethe.corpus.token.Chunks;
import lethe.corpus.token.HubTokenizer;
import lethe.corpus.token.QuestionEncoder;
import lethe.corpus.token.Tokenizer;
import lethe.corpus.token.TokenizerChoice;
import lethe.corpus.token.TokenizerLibrary;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import lethe.table.Columns;
import lethe.table.MaterializedTables;
import lethe.table.QuickPlans;
import lethe.table.TableFiles;
import org.apache.commons.lang3.exception.ExceptionUtils;
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
  /** Where a tokenizer does not tell: the longest tokens are runs of white space in code. */
  private static final int MOST_TOKEN_CHARACTERS = 256;

  /** Files so small, even when they are packed, that planning takes longer than work. */
  private static final long LITTLE_BYTES = 16 << 20;

  private static final int LITTLE_PARTITIONS = 4;

  private final SparkSession spark;
  private final CorpusSettings settings;
  private final RunFolder folder;
  private final Path tokenizer;
  private final int contextTokens;
  private final int vocabulary;
  private final Documents documents;

  /**
   * @param summary what the splits are like
   * @param chunksSha256 hash of all chunks, see {@link Chunks}
   */
  public record Result(CorpusSummary summary, String chunksSha256) {}

  /**
   * @param model Hugging Face folder on any Hadoop path; its {@code tokenizer.json} is used
   * @param contextTokens the most tokens the model can read at once
   * @param vocabulary rows of the model's embedding
   * @param begun which versions of tables an interrupted attempt has read, see {@link SourceTables}
   */
  public Prepare(
      SparkSession spark,
      CorpusSettings settings,
      RunFolder folder,
      String model,
      int contextTokens,
      int vocabulary,
      List<SourceTable> begun) {
    this.spark = spark;
    this.settings = settings;
    this.folder = folder;
    this.tokenizer = new Path(model, "tokenizer.json");
    this.contextTokens = contextTokens;
    this.vocabulary = vocabulary;
    this.documents =
        new Documents(
            spark,
            settings.sources(),
            settings.splits().predicates(),
            new TableVersions(spark, begun));
  }

  /**
   * Finds everything that is wrong and shows without reading a document.
   *
   * @throws InvalidSettings with all of it
   */
  public void check() {
    Assembly.refuse(
        new InputCheck(settings, folder.files()).problems(tokenizer, contextTokens, documents));
    if (settings.hub().isPresent()) {
      HubTokenizer.find();
    }
    previous()
        .ifPresent(
            corpus ->
                Assembly.refuse(
                    corpus.problems(settings, folder.files().read(tokenizer), encoder(), folder)));
  }

  /**
   * Writes the rejects and the chunks, and last the manifest.
   *
   * @param early receives at once which versions of tables are read, what makes the tokens, and
   *     what makes the stage slow
   * @param begins runs once nothing can be refused any more, before anything is written or deleted
   * @param ends runs when all is written but the manifest, with which the corpus is finished
   * @throws InvalidSettings when the settings or the sources are wrong; nothing is written then
   */
  public Result execute(Consumer<String> early, Runnable begins, Runnable ends) {
    return assemble(
        early,
        all -> {
          begins.run();
          return write(all, ends);
        });
  }

  /**
   * Does all of {@link #execute} except writing.
   *
   * @throws InvalidSettings when the settings or the sources are wrong
   */
  public CorpusSummary preview() {
    return assemble(sentence -> {}, all -> all.summary(SplitCounts.of(all.taken(), all.chunks())));
  }

  private <R> R assemble(Consumer<String> early, Function<CorpusContents, R> use) {
    check();
    boolean little = documents.bytes().orElse(Long.MAX_VALUE) <= LITTLE_BYTES;
    return little
        ? QuickPlans.within(spark, LITTLE_PARTITIONS, () -> assembleChecked(early, use))
        : assembleChecked(early, use);
  }

  private <R> R assembleChecked(Consumer<String> early, Function<CorpusContents, R> use) {
    byte[] json = folder.files().read(tokenizer);
    int longestToken;
    try (Tokenizer tokenizer = Tokenizer.of(json)) { // a bad one is found here, not on an executor
      longestToken =
          settings.hub().isPresent() // whose tokens are others
              ? MOST_TOKEN_CHARACTERS
              : tokenizer.longestToken().orElse(MOST_TOKEN_CHARACTERS);
    }
    Broadcast<byte[]> broadcast =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(json);
    documents.tables().forEach(table -> early.accept(table.sentence()));
    try (MaterializedTables tables = new MaterializedTables()) {
      DocumentTexts texts = new DocumentTexts(spark, documents.read());
      Tokenization how =
          new Tokenization(
              settings,
              broadcast,
              library(json, texts.table(), early),
              longestToken,
              encoder(),
              texts);
      return use.apply(
          new Assembly(how, documents, tables, folder.files(), vocabulary, previous())
              .contents(early));
    } catch (Exception e) { // Spark's are checked but not declared
      throw explained(e);
    } finally {
      broadcast.destroy();
    }
  }

  /**
   * What makes tokens of the texts; the hub's tokenizer is compared with Hugging Face's library.
   */
  private TokenizerLibrary library(byte[] json, Dataset<Row> rows, Consumer<String> early) {
    if (settings.hub().isPresent()) {
      return TokenizerLibrary.HUGGING_FACE;
    }
    TokenizerChoice choice = TokenizerChoice.of(json, TextSample.of(rows));
    early.accept(choice.sentence());
    return choice.library();
  }

  /** What to throw in place of a failure: one that names the condition or the files behind it. */
  private RuntimeException explained(Exception failure) {
    if (failure instanceof InvalidSettings known) {
      return known;
    }
    RuntimeException unreadable = new ReadDiagnosis(spark, documents.pinned()).explained(failure);
    Throwable first = ExceptionUtils.getRootCause(failure);
    if (!(unreadable instanceof InvalidSettings) && !ReadDiagnosis.ofFile(failure)) {
      for (var split : settings.splits().bySplit().entrySet()) {
        Optional<Throwable> own = split.getValue().where().flatMap(this::failure);
        if (own.isPresent() && own.get().getClass() == first.getClass()) {
          return new InvalidSettings(
              "corpus.splits.%s.where must be true or false for every document, but \"%s\" fails on one: %s"
                  .formatted(
                      split.getKey().key(), split.getValue().where().get().sql(), line(first)),
              failure);
        }
      }
    }
    return unreadable;
  }

  /** Why a condition fails on some document. */
  private Optional<Throwable> failure(Predicate where) {
    try {
      documents.read().select(expr(where.sql())).write().format("noop").mode("overwrite").save();
      return Optional.empty();
    } catch (Exception e) { // Spark's are checked but not declared
      return ReadDiagnosis.ofFile(e)
          ? Optional.empty()
          : Optional.of(ExceptionUtils.getRootCause(e));
    }
  }

  private static String line(Throwable failure) {
    return String.valueOf(failure.getMessage()).strip().lines().findFirst().orElse("");
  }

  private Optional<PreviousCorpus> previous() {
    return settings
        .reuse()
        .map(
            run ->
                new PreviousCorpus(
                    spark,
                    new RunFolder(folder.files().qualified(Files.path(run)), folder.files())));
  }

  /** How questions and answers are written, where a source has any. */
  private Optional<QuestionEncoder> encoder() {
    return settings.sources().stream().allMatch(source -> source.question() == null)
        ? Optional.empty()
        : Optional.of(
            QuestionEncoder.of(
                settings.template(),
                settings.beginning(),
                folder.files(),
                tokenizer.getParent(),
                vocabulary));
  }

  private Result write(CorpusContents all, Runnable ends) {
    new SourceTables(documents.tables()).write(folder); // from here on these are its versions
    folder.files().delete(folder.corpusManifest()); // from here on the corpus is unfinished
    folder.files().delete(folder.corpus());
    write(Optional.of(all.rejects().table()), folder.rejects());
    write(all.requests(), folder.requests());
    write(all.duplicates(), folder.duplicates());
    write(
        Optional.of(
            all.documents()
                .select(
                    col(SPLIT),
                    col(DOMAIN),
                    col(ID).as(DOCUMENT),
                    col(CONTENT).as(SHA256),
                    col(SOURCE_NUMBER).as(SOURCE),
                    col(FILE).as(Columns.FILE),
                    col(ROW).as(Columns.ROW))),
        folder.documents());
    TableFiles.write(all.chunks().sortWithinPartitions(SPLIT, DOMAIN, DOCUMENT, ORDINAL))
        .partitionBy(SPLIT, DOMAIN)
        .parquet(folder.chunks().toString());
    return commit(all, ends);
  }

  private void write(Optional<Dataset<Row>> table, Path path) {
    folder.files().delete(path);
    table.ifPresent(rows -> TableFiles.write(rows.coalesce(1)).parquet(path.toString()));
  }

  /** Counts and hashes what was written, from the files themselves, and writes the manifest. */
  private Result commit(CorpusContents all, Runnable ends) {
    List<Manifest.Part> parts = new ArrayList<>();
    List<Manifest.Part> evidence = new ArrayList<>();
    String corpus = folder.corpus().getName() + "/";
    for (Manifest.Part part : written()) {
      if (part.path().startsWith(corpus)) {
        String path = part.path().substring(corpus.length());
        parts.add(new Manifest.Part(path, part.bytes(), part.sha256()));
      } else {
        evidence.add(part);
      }
    }
    Dataset<Row> chunks = Chunks.read(spark, folder.corpus(), Manifest.paths(parts));
    CorpusSummary summary = all.summary(SplitCounts.of(all.taken(), chunks));
    String chunksSha256 = Chunks.sha256(chunks);
    ends.run();
    new Manifest(
            Manifest.VERSION,
            settings.chunkTokens(),
            settings.minimumTail(),
            settings.seed(),
            all.tokenizerSha256(),
            settings.hub().map(id -> HubTokenizer.PREFIX + id).orElse(null),
            settings.hub().isPresent() ? null : all.library().key(),
            Tokenization.beginning(settings, folder.files().read(tokenizer)),
            encoder().map(QuestionEncoder::signature).orElse(null),
            chunksSha256,
            summary.rows(),
            summary.rejects(),
            summary.counts(),
            summary.duplicates(),
            all.unmet(),
            summary.warnings(),
            parts,
            evidence,
            documents.tables().isEmpty() ? null : documents.tables())
        .write(folder);
    folder.files().delete(folder.sourceTables());
    return new Result(summary, chunksSha256);
  }

  /** The files of all tables, with paths relative to the run folder. */
  private List<Manifest.Part> written() {
    return new PartFiles(spark, folder.files(), folder.root())
        .list(
            List.of(
                folder.chunks(),
                folder.documents(),
                folder.rejects(),
                folder.requests(),
                folder.duplicates()));
  }
}
