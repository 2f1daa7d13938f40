package lethe.corpus;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.split.DocumentIndex.CONTENT;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SHA256;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import lethe.corpus.token.Chunks;
import lethe.corpus.token.QuestionEncoder;
import lethe.folder.RunFolder;
import lethe.table.TableFiles;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * A corpus prepared before, whose chunks are taken over where a text is still the same: with one
 * more request next to nothing has to be tokenized.
 *
 * @param folder of that run
 */
public record PreviousCorpus(SparkSession spark, RunFolder folder) {
  private static final String[] SAME = {DOMAIN, ID, CONTENT};

  /**
   * Why its chunks would not be those of a run with these settings.
   *
   * @param tokenizer content of {@code tokenizer.json}
   * @param encoder how questions and answers are written, if there are any
   */
  public List<String> problems(
      CorpusSettings settings, byte[] tokenizer, Optional<QuestionEncoder> encoder, RunFolder run) {
    List<String> problems = new ArrayList<>();
    if (folder.root().equals(run.root())) {
      problems.add("corpus.reuse must be another run folder than run.dir, was " + folder.root());
      return problems;
    }
    Manifest manifest = Manifest.read(folder);
    differ(problems, "chunk-tokens", manifest.chunkTokens(), settings.chunkTokens());
    if (manifest.tokenizer() == null != settings.hub().isEmpty()) {
      problems.add(
          "Cannot reuse chunks of %s: one corpus was tokenized by a tokenizer from the hub and the other by the model's, so their offsets in texts differ"
              .formatted(folder.root()));
    }
    differ(problems, "min-tail-tokens", manifest.minimumTail(), settings.minimumTail());
    differ(problems, "tokenizer", manifest.tokenizerSha256(), DigestUtils.sha256Hex(tokenizer));
    differ(
        problems,
        "beginning of text",
        manifest.beginningOfText(),
        Tokenization.beginning(settings, tokenizer));
    if (encoder.isPresent() && manifest.answers() != null) {
      differ(problems, "form of answers", manifest.answers(), encoder.get().signature());
    }
    return problems;
  }

  private void differ(List<String> problems, String what, Object before, Object now) {
    if (!before.equals(now)) {
      problems.add(
          "Cannot reuse chunks of %s: its %s was %s, is %s"
              .formatted(folder.root(), what, before, now));
    }
  }

  /**
   * Those of some documents that this corpus has with the same text.
   *
   * @param documents columns {@code domain id _content} and others
   */
  Dataset<Row> known(Dataset<Row> documents) {
    Manifest.read(folder).verify(spark, folder);
    Dataset<Row> own = TableFiles.read(spark).parquet(folder.documents().toString());
    return documents.join(
        own.select(col(DOMAIN), col(DOCUMENT).as(ID), col(SHA256).as(CONTENT)), SAME, "left_semi");
  }

  /**
   * Chunks of known documents, in the splits they are in now.
   *
   * @param known columns {@code split domain id}
   */
  Dataset<Row> chunks(Dataset<Row> known) {
    Column[] columns =
        Arrays.stream(Chunks.SCHEMA.fieldNames()).map(functions::col).toArray(Column[]::new);
    return Manifest.read(folder)
        .chunks(spark, folder)
        .drop(SPLIT)
        .join(
            known.select(col(SPLIT), col(DOMAIN), col(ID).as(DOCUMENT)),
            new String[] {DOMAIN, DOCUMENT})
        .select(columns);
  }
}
