package lethe.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lethe.corpus.duplicate.Repeat;
import lethe.corpus.source.SourceTable;
import lethe.corpus.token.Chunks;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.OrNull;
import lethe.settings.InvalidSettings;
import lethe.table.TableFiles;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What a prepared corpus consists of. It is written last: a corpus without it is unfinished.
 *
 * @param version of the chunks' columns and of this file
 * @param chunkTokens tokens per chunk, at most
 * @param minimumTail tokens; shorter last chunks were dropped
 * @param seed of fractions and caps
 * @param tokenizerSha256 of {@code tokenizer.json}
 * @param tokenizer {@code hub:} and the name of the tokenizer on the Hugging Face hub that made the
 *     chunks, found to agree with {@code tokenizer.json}; null where that one did
 * @param tokenizerLibrary that made the tokens, a {@link lethe.corpus.token.TokenizerLibrary#key};
 *     null where a tokenizer of the hub made them, and in a manifest written before version 0.2
 * @param beginningOfText ids of the tokens that precede each chunk and each question
 * @param answers how questions and answers were written, see {@link
 *     lethe.corpus.token.QuestionEncoder#signature}; null where there were none
 * @param chunksSha256 of all chunks, see {@link lethe.corpus.token.Chunks}
 * @param rows rows read from all sources
 * @param rejects unusable rows by domain and reason
 * @param counts one entry per split and domain, ordered by both
 * @param duplicates documents that repeat one of another split, by split, domain, kind and what was
 *     done
 * @param forgetUnmet requests, ids, rows and documents that were named to be forgotten and are not
 *     in the forget split with at least one chunk; 0 unless that was allowed
 * @param warnings what a careful reader should know about the splits
 * @param parts the files that hold the chunks, ordered by path
 * @param evidence the files of the tables beside the corpus, ordered by path; null in a manifest
 *     written before version 0.2
 * @param tables the sources that are tables, and which version of each was read; null if none is
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Manifest(
    int version,
    int chunkTokens,
    int minimumTail,
    long seed,
    String tokenizerSha256,
    @OrNull String tokenizer,
    @OrNull String tokenizerLibrary,
    List<Integer> beginningOfText,
    @OrNull String answers,
    String chunksSha256,
    long rows,
    Map<String, Map<String, Long>> rejects,
    List<Count> counts,
    List<Repeat> duplicates,
    long forgetUnmet,
    List<String> warnings,
    List<Part> parts,
    @OrNull List<Part> evidence,
    @OrNull List<SourceTable> tables) {

  public static final int VERSION = 4;

  /**
   * What a split has of a domain.
   *
   * @param documents with at least one chunk
   * @param tooShort documents without one: shorter than the minimum tail
   * @param chunks of those documents
   * @param tokens in those chunks
   * @param lengths of those documents
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Count(
      String split,
      String domain,
      long documents,
      long tooShort,
      long chunks,
      long tokens,
      Lengths lengths) {}

  /** Tokens of a document in its chunks: so many percent of the documents have no more. */
  public record Lengths(long p5, long p25, long p50, long p75, long p95) {}

  /**
   * A file of a table.
   *
   * @param path relative to the corpus folder for chunks, to the run folder for evidence
   * @param bytes its size
   * @param sha256 of its bytes
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Part(String path, long bytes, String sha256) {}

  /**
   * @throws InvalidSettings when the run folder has no finished corpus, or one of another version
   */
  public static Manifest read(RunFolder folder) {
    if (!folder.files().exists(folder.corpusManifest())) {
      throw new InvalidSettings(
          "Cannot read chunks: there is no " + folder.corpusManifest() + "; run prepare first");
    }
    String remedy = "run prepare with overwrite=true";
    JsonNode json = folder.files().readObject(folder.corpusManifest(), remedy);
    int version = json.path("version").asInt();
    if (version != VERSION) {
      throw new InvalidSettings(
          "Cannot read chunks: %s is of version %d, this program reads %d; %s"
              .formatted(folder.corpusManifest(), version, VERSION, remedy));
    }
    return Files.record(folder.corpusManifest(), json, Manifest.class, remedy);
  }

  /**
   * The chunks of the corpus: the files listed here, and no other.
   *
   * @param folder of the run that this was read from
   * @throws InvalidSettings when a file of the corpus is missing or has changed since it was
   *     written
   */
  public Dataset<Row> chunks(SparkSession spark, RunFolder folder) {
    verify(spark, folder);
    return Chunks.read(spark, folder.corpus(), paths(parts));
  }

  /**
   * The documents of all splits: columns as in {@code corpus-documents}.
   *
   * @param folder of the run that this was read from
   * @throws InvalidSettings when a file of the corpus is missing or has changed since it was
   *     written
   */
  public Dataset<Row> documents(SparkSession spark, RunFolder folder) {
    verify(spark, folder);
    return TableFiles.read(spark).parquet(folder.documents().toString());
  }

  /**
   * Compares every file with its checksum, once per process. A table of evidence that is not there
   * at all was left out when the corpus was copied from another run folder; who needs it says so.
   *
   * @throws InvalidSettings naming files that are missing or have changed
   */
  void verify(SparkSession spark, RunFolder folder) {
    String corpus = folder.corpus().getName() + "/";
    List<Part> all = new ArrayList<>();
    parts.forEach(part -> all.add(new Part(corpus + part.path, part.bytes, part.sha256)));
    if (evidence != null) {
      evidence.stream()
          .filter(part -> folder.files().exists(new Path(folder.root(), part.path).getParent()))
          .forEach(all::add);
    }
    new PartFiles(spark, folder.files(), folder.root()).verify(all);
  }

  /** The paths of parts, relative to the corpus folder. */
  static List<String> paths(List<Part> parts) {
    return parts.stream().map(Part::path).toList();
  }

  public void write(RunFolder folder) {
    folder.files().writeJson(folder.corpusManifest(), this);
  }
}
