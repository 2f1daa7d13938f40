package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import lethe.evaluate.metric.Extraction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How much of a split a model writes by itself, see {@link Extraction}.
 *
 * @param model its name
 * @param split of the corpus
 * @param domain of the split, or {@code *} for all of them together
 * @param extractionStrength mean over chunks, 0 to 1
 * @param prompted chunks whose second half has at least 50 tokens
 * @param extracted those whose second half's first 50 tokens a greedy continuation writes
 * @param longestContinued most tokens of a second half written, over all chunks
 * @param longestRun most tokens in a row written given the true text before, over all chunks
 */
@JsonNaming(SnakeCaseStrategy.class)
public record MemoryScore(
    String model,
    String split,
    String domain,
    double extractionStrength,
    long prompted,
    long extracted,
    int longestContinued,
    int longestRun) {

  /**
   * @param scores of the model's chunks
   * @param documents the same by document, in order
   */
  static List<MemoryScore> of(String model, Dataset<Row> scores, List<DocumentScore> documents) {
    Map<String, Map<String, List<DocumentScore>>> bySplit = SplitScores.bySplit(documents);
    scores.createOrReplaceTempView("chunk_scores");
    return scores
        .sparkSession()
        .sql(
            """
            SELECT split,
                   IF(grouping(domain) = 1, '*', domain) AS domain,
                   count_if(tokens - tokens div 2 >= %1$d),
                   count_if(continued >= %1$d),
                   max(continued),
                   max(longest_run)
            FROM chunk_scores
            GROUP BY GROUPING SETS ((split, domain), (split))
            ORDER BY split, domain
            """
                .formatted(Extraction.EXTRACTED))
        .collectAsList()
        .stream()
        .map(
            r ->
                new MemoryScore(
                    model,
                    r.getString(0),
                    r.getString(1),
                    strength(bySplit.get(r.getString(0)).get(r.getString(1))),
                    r.getLong(2),
                    r.getLong(3),
                    r.getInt(4),
                    r.getInt(5)))
        .toList();
  }

  private static double strength(List<DocumentScore> documents) {
    double sum = 0;
    long chunks = 0;
    for (DocumentScore document : documents) {
      sum += document.strengths();
      chunks += document.chunks();
    }
    return sum / chunks;
  }
}
