package lethe.evaluate;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Sums up chunk scores by split and domain, and by split over all domains. */
final class SplitScores {
  private static final String QUERY =
      """
      SELECT split,
             IF(grouping(domain) = 1, '*', domain) AS domain,
             count(DISTINCT struct(domain, document)) AS documents,
             count(*) AS chunks,
             sum(tokens) AS tokens,
             sum(nll) AS nll,
             avg(nll / tokens) AS macro,
             sum(hits) AS hits
      FROM chunk_scores
      GROUP BY GROUPING SETS ((split, domain), (split))
      ORDER BY split, domain
      """;

  private SplitScores() {}

  /**
   * @param model the name to give them
   * @param scores of its chunks
   */
  static List<SplitScore> of(String model, Dataset<Row> scores) {
    List<SplitScore> found = new ArrayList<>();
    scores.createOrReplaceTempView("chunk_scores");
    for (Row row : scores.sparkSession().sql(QUERY).collectAsList()) {
      long tokens = row.getLong(4);
      double nll = row.getDouble(5) / tokens;
      found.add(
          new SplitScore(
              model,
              row.getString(0),
              row.getString(1),
              row.getLong(2),
              row.getLong(3),
              tokens,
              finite(nll),
              finite(Math.exp(nll)),
              finite(Math.exp(row.getDouble(6))),
              (double) row.getLong(7) / tokens));
    }
    return found;
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
