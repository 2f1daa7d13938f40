package lethe.evaluate;

import static lethe.evaluate.Scores.HITS;
import static lethe.evaluate.Scores.MIN_K;
import static lethe.evaluate.Scores.MIN_K_ACCURACY;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.evaluate.metric.ChunkMeans;
import lethe.evaluate.metric.MinK;
import lethe.table.Rows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What one model makes of one split and domain, every chunk weighing the same, see {@link
 * ChunkMeans}.
 *
 * @param domain of the split, or {@code *} for all of them together
 * @param chunks scored
 * @param accuracy mean of the chunks' shares of tokens that were the first choice, 0 to 1
 * @param lowest the same of each chunk's least likely tokens, and their perplexity
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ChunkScore(
    String model, String split, String domain, long chunks, double accuracy, List<Lowest> lowest) {

  /**
   * Of the least likely tokens of each chunk.
   *
   * @param percent share of the chunk's tokens
   * @param perplexity exp of the mean over chunks of their mean loss; null where not finite
   * @param accuracy mean over chunks of their share that was the first choice, 0 to 1
   */
  public record Lowest(int percent, Double perplexity, double accuracy) {}

  /** By split, over all domains and by domain; sums are taken in the order of the chunks. */
  static List<ChunkScore> of(String model, Dataset<Row> scores) {
    Map<String, Map<String, ChunkMeans>> splits = new TreeMap<>();
    Iterator<Row> rows =
        scores
            .select(
                col(SPLIT),
                col(DOMAIN),
                col(DOCUMENT),
                col(ORDINAL),
                col(TOKENS),
                col(HITS),
                col(MIN_K),
                col(MIN_K_ACCURACY))
            .orderBy(SPLIT, DOMAIN, DOCUMENT, ORDINAL)
            .toLocalIterator();
    while (rows.hasNext()) {
      Row row = rows.next();
      Map<String, ChunkMeans> domains =
          splits.computeIfAbsent(row.getAs(SPLIT), split -> new LinkedHashMap<>());
      double accuracy = row.<Integer>getAs(HITS) / (double) row.<Integer>getAs(TOKENS);
      List<Double> likelihoods = Rows.list(row, MIN_K);
      List<Double> accuracies = Rows.list(row, MIN_K_ACCURACY);
      for (String domain : List.of(SplitScore.ALL, row.<String>getAs(DOMAIN))) {
        domains
            .computeIfAbsent(domain, d -> new ChunkMeans(MinK.PERCENTS.size()))
            .add(accuracy, likelihoods, accuracies);
      }
    }
    List<ChunkScore> found = new ArrayList<>();
    splits.forEach(
        (split, domains) ->
            domains.forEach((domain, means) -> found.add(of(model, split, domain, means))));
    return found;
  }

  private static ChunkScore of(String model, String split, String domain, ChunkMeans means) {
    List<Lowest> lowest = new ArrayList<>();
    for (int i = 0; i < MinK.PERCENTS.size(); i++) {
      lowest.add(
          new Lowest(
              MinK.PERCENTS.get(i), SplitScores.finite(means.perplexity(i)), means.accuracy(i)));
    }
    return new ChunkScore(model, split, domain, means.chunks(), means.accuracy(), lowest);
  }
}
