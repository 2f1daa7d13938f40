package lethe.evaluate;

import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.array_max;
import static org.apache.spark.sql.functions.array_min;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import java.util.List;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What a model must be able to take.
 *
 * @param chunks how many
 * @param tokens of all chunks
 * @param leastScored tokens of the chunk with the fewest to predict
 * @param longest tokens of the longest chunk
 * @param leastId smallest token id
 * @param largestId largest token id
 */
record ChunkExtremes(
    long chunks, long tokens, int leastScored, int longest, int leastId, int largestId) {

  /**
   * @param chunks as prepare wrote them
   * @throws InvalidSettings when there is none
   */
  static ChunkExtremes of(Dataset<Row> chunks) {
    Column length = size(col(TOKENS));
    Row found =
        chunks
            .agg(
                count(lit(1)).as("chunks"),
                sum(length).as("tokens"),
                min(length.minus(greatest(lit(1), coalesce(col(PROMPT), lit(1)))))
                    .as("least_scored"),
                max(length).as("longest"),
                min(array_min(col(TOKENS))).as("least_id"),
                max(array_max(col(TOKENS))).as("largest_id"))
            .first();
    if (found.<Long>getAs("chunks") == 0) {
      throw new InvalidSettings(List.of("Cannot evaluate: the corpus has no chunk"));
    }
    return new ChunkExtremes(
        found.<Long>getAs("chunks"),
        found.<Long>getAs("tokens"),
        found.<Integer>getAs("least_scored"),
        found.<Integer>getAs("longest"),
        found.<Integer>getAs("least_id"),
        found.<Integer>getAs("largest_id"));
  }
}
