package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How one model's mean loss spreads over the chunks of one split.
 *
 * @param model its name
 * @param split of the corpus, all domains
 * @param binNats width of a bin, nats a token
 * @param chunks in each bin from 0 nats up; the last bin has no upper end
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Histogram(String model, String split, double binNats, List<Long> chunks) {
  private static final double BIN_NATS = 0.25;

  /** Up to 16 nats: a vocabulary of a million tokens guessed blindly has 13.8. */
  private static final int BINS = 64;

  static List<Histogram> of(String model, Dataset<Row> scores) {
    scores.createOrReplaceTempView("chunk_scores");
    Map<String, Long[]> bySplit = new TreeMap<>();
    scores
        .sparkSession()
        .sql(
            """
            SELECT split,
                   IF(isnan(nll), %2$d, least(%2$d, floor(nll / tokens / %1$s))) AS bin,
                   count(*)
            FROM chunk_scores
            GROUP BY split, bin
            """
                .formatted(BIN_NATS, BINS - 1))
        .collectAsList()
        .forEach(r -> bins(bySplit, r.getString(0))[(int) r.getLong(1)] = r.getLong(2));
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
