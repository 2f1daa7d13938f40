package lethe.evaluate;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * One model's sums over the chunks of one document.
 *
 * @param chunks scored
 * @param tokens scored
 * @param nll summed, nats
 * @param chunkMeans sum over chunks of a chunk's mean nll, nats
 * @param hits tokens that were the model's first choice
 */
record DocumentScore(
    String split,
    String domain,
    String document,
    long chunks,
    long tokens,
    double nll,
    double chunkMeans,
    long hits) {

  /** Ordered by split, domain and document, so that seeded draws repeat. */
  static List<DocumentScore> of(Dataset<Row> scores) {
    scores.createOrReplaceTempView("chunk_scores");
    return scores
        .sparkSession()
        .sql(
            """
            SELECT split, domain, document, count(*), sum(tokens), sum(nll), sum(nll / tokens), sum(hits)
            FROM chunk_scores
            GROUP BY split, domain, document
            ORDER BY split, domain, document
            """)
        .collectAsList()
        .stream()
        .map(
            r ->
                new DocumentScore(
                    r.getString(0),
                    r.getString(1),
                    r.getString(2),
                    r.getLong(3),
                    r.getLong(4),
                    r.getDouble(5),
                    r.getDouble(6),
                    r.getLong(7)))
        .toList();
  }
}
