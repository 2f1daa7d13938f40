package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.xxhash64;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/** Some chunks of each split and domain, chosen by a seeded hash: the same for any partitions. */
final class ChosenChunks {
  private static final String RANK = "rank";

  private ChosenChunks() {}

  /**
   * @param scored tokens that a chunk needs at least: all but the first, or those of the answer
   * @param most of a split and domain
   * @param purpose distinguishes this choice from others of the same seed
   */
  static Dataset<Row> of(Dataset<Row> chunks, int scored, int most, String purpose, long seed) {
    Column has = size(col(TOKENS)).minus(coalesce(col(PROMPT), lit(1)));
    Column hash = xxhash64(lit(seed), lit(purpose), col(DOMAIN), col(DOCUMENT), col(ORDINAL));
    return chunks
        .filter(has.geq(scored))
        .withColumn(
            RANK,
            row_number()
                .over(Window.partitionBy(SPLIT, DOMAIN).orderBy(hash, col(DOCUMENT), col(ORDINAL))))
        .filter(col(RANK).leq(most))
        .drop(RANK);
  }
}
