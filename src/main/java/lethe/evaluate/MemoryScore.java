package lethe.evaluate;

import static lethe.evaluate.Scores.CONTINUED;
import static lethe.evaluate.Scores.LONGEST_RUN;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.grouping;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.when;

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
  private static final String ALL_SPLITS = "all_splits";
  private static final String ALL_DOMAINS = "all_domains";
  private static final String PROMPTED = "prompted";
  private static final String EXTRACTED = "extracted";

  /**
   * @param scores of the model's chunks
   * @param documents the same by document, in order
   */
  static List<MemoryScore> of(String model, Dataset<Row> scores, List<DocumentScore> documents) {
    Map<String, Map<String, List<DocumentScore>>> bySplit = SplitScores.bySplit(documents);
    return scores
        .rollup(SPLIT, DOMAIN)
        .agg(
            grouping(SPLIT).as(ALL_SPLITS),
            grouping(DOMAIN).as(ALL_DOMAINS),
            count_if(expr("tokens - tokens div 2 >= " + Extraction.EXTRACTED)).as(PROMPTED),
            count_if(col(CONTINUED).geq(Extraction.EXTRACTED)).as(EXTRACTED),
            max(CONTINUED).as(CONTINUED),
            max(LONGEST_RUN).as(LONGEST_RUN))
        .where(col(ALL_SPLITS).equalTo(0))
        .withColumn(
            DOMAIN, when(col(ALL_DOMAINS).equalTo(1), SplitScore.ALL).otherwise(col(DOMAIN)))
        .orderBy(SPLIT, DOMAIN)
        .collectAsList()
        .stream()
        .map(row -> from(model, row, bySplit))
        .toList();
  }

  private static MemoryScore from(
      String model, Row row, Map<String, Map<String, List<DocumentScore>>> bySplit) {
    String split = row.getAs(SPLIT);
    String domain = row.getAs(DOMAIN);
    return new MemoryScore(
        model,
        split,
        domain,
        strength(bySplit.get(split).get(domain)),
        row.<Long>getAs(PROMPTED),
        row.<Long>getAs(EXTRACTED),
        row.<Integer>getAs(CONTINUED),
        row.<Integer>getAs(LONGEST_RUN));
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
