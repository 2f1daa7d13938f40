package lethe.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.evaluate.metric.Interval;
import lethe.target.Outcome;
import lethe.target.Split;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * Where the mean loss of one more unseen document of a domain would lie with 95 % probability, as
 * far as documents' losses are distributed normally:
 *
 * <pre>  mean +- t(0.975, n - 1) s sqrt(1 + 1/n) </pre>
 *
 * over the n approximate documents of the domain by the original model, s the standard deviation of
 * their mean losses.
 *
 * @param ranges by domain, nats per token; none of a domain with fewer than two documents
 */
record UnseenDocuments(Map<String, Interval> ranges) {
  private static final double UPPER = 0.975;

  /**
   * @param original the original model's scores
   */
  static UnseenDocuments of(List<DocumentScore> original) {
    Map<String, Interval> ranges = new TreeMap<>();
    original.stream()
        .filter(d -> d.split().equals(Split.APPROXIMATE.key()))
        .collect(Collectors.groupingBy(DocumentScore::domain))
        .forEach((domain, own) -> range(own).ifPresent(range -> ranges.put(domain, range)));
    return new UnseenDocuments(ranges);
  }

  private static Optional<Interval> range(List<DocumentScore> documents) {
    SummaryStatistics means = new SummaryStatistics();
    documents.forEach(d -> means.addValue(d.nll() / d.tokens()));
    if (means.getN() < 2 || !Double.isFinite(means.getStandardDeviation())) {
      return Optional.empty();
    }
    double n = means.getN();
    double half =
        new TDistribution(n - 1).inverseCumulativeProbability(UPPER)
            * means.getStandardDeviation()
            * Math.sqrt(1 + 1 / n);
    return Optional.of(new Interval(means.getMean() - half, means.getMean() + half));
  }

  /**
   * What can be said of one document.
   *
   * @param before its mean loss by the original model, nats per token; null when not finite
   * @param after by the judged model; null when not finite
   * @return under or over where it is outside the range, matched where it came into the range from
   *     below; undecided where it was inside before, too, or there is no range
   */
  Outcome outcome(String domain, Double before, Double after) {
    if (after == null) {
      return Outcome.OVER; // a ruined model
    }
    Interval range = ranges.get(domain);
    if (range == null) {
      return Outcome.UNDECIDED;
    }
    if (after < range.low()) {
      return Outcome.UNDER;
    }
    if (after > range.high()) {
      return Outcome.OVER;
    }
    return before != null && before < range.low() ? Outcome.MATCHED : Outcome.UNDECIDED;
  }
}
