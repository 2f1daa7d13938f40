package lethe.evaluate;

import static lethe.evaluate.Scores.NLL;
import static lethe.table.Columns.DOMAIN;
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
import java.util.TreeSet;
import lethe.target.Split;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How one model's mean loss spreads over the chunks of one split.
 *
 * <pre>  share of a bin, all domains = sum_d f_d c_d(bin) / c_d / sum_d f_d </pre>
 *
 * over the domains d that forget, approximate and the split have, f chunks of forget, c chunks of
 * the split: splits that mix domains in different shares are not compared by their mixture.
 *
 * @param model its name
 * @param split of the corpus
 * @param domain of the split, or {@code *} for all of them together
 * @param binNats width of a bin, nats per token
 * @param chunks in each bin from 0 nats up; the last bin has no upper end
 * @param shares of the chunks in each bin, 0 to 1: of a domain, its own; of all domains, weighed by
 *     the chunks of forget as above, and empty where the split has none of these domains
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Histogram(
    String model,
    String split,
    String domain,
    double binNats,
    List<Long> chunks,
    List<Double> shares) {
  private static final String BIN = "bin";
  private static final String CHUNKS = "chunks";
  private static final double BIN_NATS = 0.25;

  /** Up to 16 nats: a vocabulary of a million tokens guessed blindly has 13.8. */
  private static final int BINS = 64;

  static List<Histogram> of(String model, Dataset<Row> scores) {
    Column last = lit(BINS - 1L);
    Column bin = least(last, floor(col(NLL).divide(col(TOKENS)).divide(BIN_NATS)));
    Map<String, Map<String, long[]>> splits = new TreeMap<>();
    scores
        .groupBy(col(SPLIT), col(DOMAIN), when(isnan(col(NLL)), last).otherwise(bin).as(BIN))
        .agg(count(lit(1)).as(CHUNKS))
        .collectAsList()
        .forEach(
            row ->
                splits.computeIfAbsent(row.getAs(SPLIT), s -> new TreeMap<>())
                        .computeIfAbsent(row.getAs(DOMAIN), d -> new long[BINS])[
                        Math.toIntExact(row.<Long>getAs(BIN))] =
                    row.<Long>getAs(CHUNKS));
    List<Histogram> found = new ArrayList<>();
    splits.forEach(
        (split, domains) -> {
          found.add(all(model, split, domains, splits));
          domains.forEach(
              (domain, bins) ->
                  found.add(
                      new Histogram(model, split, domain, BIN_NATS, boxed(bins), shares(bins))));
        });
    return found;
  }

  private static Histogram all(
      String model,
      String split,
      Map<String, long[]> domains,
      Map<String, Map<String, long[]>> splits) {
    long[] sums = new long[BINS];
    domains.values().forEach(bins -> Arrays.setAll(sums, bin -> sums[bin] + bins[bin]));
    Map<String, long[]> forget = splits.getOrDefault(Split.FORGET.key(), Map.of());
    TreeSet<String> shared = new TreeSet<>(domains.keySet());
    shared.retainAll(forget.keySet());
    shared.retainAll(splits.getOrDefault(Split.APPROXIMATE.key(), Map.of()).keySet());
    double[] weighed = new double[BINS];
    double weight = 0;
    for (String domain : shared) {
      long own = total(forget.get(domain));
      List<Double> shares = shares(domains.get(domain));
      Arrays.setAll(weighed, bin -> weighed[bin] + own * shares.get(bin));
      weight += own;
    }
    double whole = weight;
    return new Histogram(
        model,
        split,
        SplitScore.ALL,
        BIN_NATS,
        boxed(sums),
        shared.isEmpty()
            ? List.of()
            : Arrays.stream(weighed).map(share -> share / whole).boxed().toList());
  }

  private static List<Double> shares(long[] bins) {
    double all = total(bins);
    return Arrays.stream(bins).mapToObj(chunks -> chunks / all).toList();
  }

  private static List<Long> boxed(long[] bins) {
    return Arrays.stream(bins).boxed().toList();
  }

  private static long total(long[] bins) {
    return Arrays.stream(bins).sum();
  }
}
