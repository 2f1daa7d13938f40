package lethe.evaluate;

import static lethe.evaluate.Scores.NLL;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.isnan;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How one model's mean loss spreads over the chunks of one split.
 *
 * @param model its name
 * @param split of the corpus, all domains
 * @param binNats width of a bin, nats per token
 * @param chunks in each bin from 0 nats up; the last bin has no upper end
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Histogram(String model, String split, double binNats, List<Long> chunks) {
  private static final String BIN = "bin";
  private static final String CHUNKS = "chunks";
  private static final double BIN_NATS = 0.25;

  /** Up to 16 nats: a vocabulary of a million tokens guessed blindly has 13.8. */
  private static final int BINS = 64;

  static List<Histogram> of(String model, Dataset<Row> scores) {
    Column last = lit(BINS - 1L);
    Column bin = least(last, floor(col(NLL).divide(col(TOKENS)).divide(BIN_NATS)));
    Map<String, Long[]> bySplit = new TreeMap<>();
    scores
        .groupBy(col(SPLIT), when(isnan(col(NLL)), last).otherwise(bin).as(BIN))
        .agg(count(lit(1)).as(CHUNKS))
        .collectAsList()
        .forEach(
            row ->
                bins(bySplit, row.getAs(SPLIT))[Math.toIntExact(row.<Long>getAs(BIN))] =
                    row.getAs(CHUNKS));
    List<Histogram> found = new ArrayList<>();
    bySplit.forEach(
        (split, bins) -> found.add(new Histogram(model, split, BIN_NATS, Arrays.asList(bins))));
    return found;
  }

  private static Long[] bins(Map<String, Long[]> bySplit, String split) {
    return bySplit.computeIfAbsent(
        split,
        s -> {
          Long[] none = new Long[BINS];
          Arrays.fill(none, 0L);
          return none;
        });
  }
}
