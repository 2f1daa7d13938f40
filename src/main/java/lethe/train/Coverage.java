package lethe.train;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;

import java.util.Optional;
import lethe.folder.RunFolder;
import lethe.table.ChunkId;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * {@code coverage.json}: how much of the forget split the unlearned weights have been trained to
 * forget. With few steps, an early stop or an example that a method cannot use, some of it is left
 * out.
 *
 * @param version of this file
 * @param steps that the weights come from
 * @param asked the forget split
 * @param trained the part of it that was used in at least one of these steps
 */
public record Coverage(int version, int steps, Amount asked, Amount trained) {
  private static final int VERSION = 1;

  /**
   * Some chunks.
   *
   * @param documents number of distinct documents, by domain and id
   * @param chunks number of their chunks
   * @param tokens number of tokens in these chunks
   */
  public record Amount(long documents, long chunks, long tokens) {
    private static final String DOCUMENTS = "documents";
    private static final String CHUNKS = "chunks";

    private static Amount of(Dataset<Row> chunks) {
      Row sums =
          chunks
              .agg(
                  functions.countDistinct(col(DOMAIN), col(DOCUMENT)).as(DOCUMENTS),
                  functions.count(functions.lit(1)).as(CHUNKS),
                  functions
                      .coalesce(functions.sum(size(col(TOKENS))), functions.lit(0L))
                      .as(TOKENS))
              .first();
      return new Amount(
          sums.<Long>getAs(DOCUMENTS), sums.<Long>getAs(CHUNKS), sums.<Long>getAs(TOKENS));
    }
  }

  /**
   * @param forget chunks of the forget split as prepare wrote them
   * @param result of the training
   */
  public static Coverage of(Dataset<Row> forget, Trainer.Result result) {
    Dataset<Row> trained = forget.join(result.trained(), ChunkId.columns(), "left_semi");
    return new Coverage(VERSION, result.kept(), Amount.of(forget), Amount.of(trained));
  }

  /** Writes it into the run folder. */
  public void write(RunFolder folder) {
    folder.files().writeJson(folder.coverage(), this);
  }

  /** A sentence for the user, if anything was left out. */
  public Optional<String> gap() {
    long chunks = asked.chunks - trained.chunks;
    return chunks == 0
        ? Optional.empty()
        : Optional.of(
            "Warning: %d of %d forget chunks (%d of %d documents) were used in none of the %d steps that the weights come from; the model may know them as well as before"
                .formatted(
                    chunks,
                    asked.chunks,
                    asked.documents - trained.documents,
                    asked.documents,
                    steps));
  }
}
