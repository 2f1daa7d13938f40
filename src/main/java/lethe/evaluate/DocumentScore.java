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
 * @param strengths sum over chunks of {@link lethe.evaluate.metric.Extraction#strength}
 */
public record DocumentScore(
    String split,
    String domain,
    String document,
    long chunks,
    long tokens,
    double nll,
    double chunkMeans,
    long hits,
    double strengths) {

  /**
   * Ordered by split, domain and document, so that seeded draws repeat. Sums of chunks are taken in
   * the order of the chunks: the last bits of a sum of doubles depend on its order, and Spark's own
   * sum has none.
   */
  static List<DocumentScore> of(Dataset<Row> scores) {
    scores.createOrReplaceTempView("chunk_scores");
    return scores
        .sparkSession()
        .sql(
            """
            SELECT split, domain, document, size(chunks), tokens,
                   aggregate(chunks, 0D, (sum, c) -> sum + c.nll),
                   aggregate(chunks, 0D, (sum, c) -> sum + c.nll / c.tokens),
                   hits,
                   aggregate(chunks, 0D, (sum, c) -> sum + c.strength)
            FROM (
              SELECT split, domain, document, sum(tokens) AS tokens, sum(hits) AS hits,
                     array_sort(collect_list(struct(ordinal, tokens, nll, extraction_strength AS strength))) AS chunks
              FROM chunk_scores
              GROUP BY split, domain, document)
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
                    r.getInt(3),
                    r.getLong(4),
                    r.getDouble(5),
                    r.getDouble(6),
                    r.getLong(7),
                    r.getDouble(8)))
        .toList();
  }
}
