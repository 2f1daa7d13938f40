package lethe.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.evaluate.metric.Interval;
import lethe.evaluate.metric.StratifiedInterval;
import lethe.evaluate.metric.StratifiedInterval.Stratum;
import lethe.json.OrNull;

/**
 * Whether a model is nearer to the retrained one than the original was, on the same documents.
 *
 * <pre>
 *   D = sum_i (K_i - K^o_i) / sum_i T_i        i over documents
 * </pre>
 *
 * where K is a document's summed KL divergence from the retrained model to the model, K^o that to
 * the original, and T its scored tokens. The documents of a domain are a stratum of {@link
 * StratifiedInterval}. Each document is compared with itself, so how hard documents are to predict
 * makes no difference.
 *
 * @param difference D, nats per token, below 0 when the model is nearer; null when it is not finite
 * @param interval of 95 %; null when it cannot be estimated
 * @param outcome what the interval allows to say
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Nearer(Double difference, @OrNull Interval interval, Comparison outcome) {

  /** What is known of a model beside the original. */
  public enum Comparison {
    /** The whole interval is below 0. */
    @JsonProperty("nearer")
    NEARER,
    /** The whole interval is above 0, or the model's predictions are not finite. */
    @JsonProperty("farther")
    FARTHER,
    /** The interval has 0 in it, or there is none. */
    @JsonProperty("undecided")
    UNDECIDED
  }

  /**
   * @param model the model's documents of one split, at least one
   * @param original the original model's, the same documents in the same order
   */
  static Nearer of(List<DocumentDivergence> model, List<DocumentDivergence> original) {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < model.size(); i++) {
      DocumentDivergence own = model.get(i);
      pairs.add(new Pair(own.domain(), own.kl() - original.get(i).kl(), own.tokens()));
    }
    double tokens = pairs.stream().mapToDouble(Pair::tokens).sum();
    double difference = pairs.stream().mapToDouble(Pair::difference).sum() / tokens;
    if (!Double.isFinite(difference)) {
      return new Nearer(null, null, Comparison.FARTHER);
    }
    Map<String, List<Pair>> domains =
        pairs.stream()
            .collect(Collectors.groupingBy(Pair::domain, TreeMap::new, Collectors.toList()));
    Interval interval =
        StratifiedInterval.of(
            difference,
            domains.values().stream().map(own -> stratum(own, difference, tokens)).toList());
    return new Nearer(difference, interval, comparison(interval));
  }

  /** One document's difference, summed over its tokens. */
  private record Pair(String domain, double difference, double tokens) {}

  private static Stratum stratum(List<Pair> own, double difference, double tokens) {
    double[] weights = own.stream().mapToDouble(Pair::tokens).toArray();
    return new Stratum(
        own.stream().mapToDouble(Pair::difference).toArray(),
        weights,
        difference,
        own.stream().mapToDouble(Pair::tokens).sum() / tokens);
  }

  private static Comparison comparison(Interval interval) {
    if (interval == null || (interval.low() <= 0 && interval.high() >= 0)) {
      return Comparison.UNDECIDED;
    }
    return interval.high() < 0 ? Comparison.NEARER : Comparison.FARTHER;
  }
}
