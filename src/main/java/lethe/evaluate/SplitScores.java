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
   * @param documents the same by document, for the intervals
   * @param seed of the intervals' draws
   */
  static List<SplitScore> of(
      String model, Dataset<Row> scores, List<DocumentScore> documents, long seed) {
    List<SplitScore> found = new ArrayList<>();
    scores.createOrReplaceTempView("chunk_scores");
    for (Row row : scores.sparkSession().sql(QUERY).collectAsList()) {
      String split = row.getString(0);
      String domain = row.getString(1);
      long tokens = row.getLong(4);
      double nll = row.getDouble(5) / tokens;
      found.add(
          new SplitScore(
              model,
              split,
              domain,
              row.getLong(2),
              row.getLong(3),
              tokens,
              finite(nll),
              finite(Math.exp(nll)),
              finite(Math.exp(row.getDouble(6))),
              (double) row.getLong(7) / tokens,
              intervals(
                  documents.stream()
                      .filter(d -> d.split().equals(split))
                      .filter(d -> domain.equals(SplitScore.ALL) || domain.equals(d.domain()))
                      .toList(),
                  seed)));
    }
    return found;
  }

  private interface Share {
    double of(DocumentScore document);
  }

  private static SplitScore.Intervals intervals(List<DocumentScore> documents, long seed) {
    if (documents.size() < 2) {
      return null;
    }
    Interval nll = ratio(documents, seed, DocumentScore::nll, DocumentScore::tokens);
    Interval macro = ratio(documents, seed, DocumentScore::chunkMeans, DocumentScore::chunks);
    return new SplitScore.Intervals(
        nll,
        exp(nll),
        exp(macro),
        ratio(documents, seed, DocumentScore::hits, DocumentScore::tokens));
  }

  private static Interval ratio(
      List<DocumentScore> documents, long seed, Share above, Share below) {
    return Bootstrap.interval(
        documents.size(),
        seed,
        times -> {
          double a = 0;
          double b = 0;
          for (int i = 0; i < times.length; i++) {
            a += times[i] * above.of(documents.get(i));
            b += times[i] * below.of(documents.get(i));
          }
          return a / b;
        });
  }

  /** Of exp of a figure: exp keeps order, so it keeps percentiles. */
  private static Interval exp(Interval interval) {
    if (interval == null || !Double.isFinite(Math.exp(interval.high()))) {
      return null;
    }
    return new Interval(Math.exp(interval.low()), Math.exp(interval.high()));
  }

  static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
