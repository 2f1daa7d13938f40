package lethe.target;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where a training should end, domain by domain, from the steering half of the documents.
 *
 * @param domains to forget; a domain's index is its number
 * @param band half its width, nats per token
 * @param probeEvery most steps between two probes
 * @param uniformNll loss of a uniform prediction, log V, nats per token
 */
public record SteeringTarget(List<Domain> domains, double band, int probeEvery, double uniformNll)
    implements Serializable {
  public SteeringTarget {
    domains = List.copyOf(domains);
  }

  /**
   * One domain to forget.
   *
   * @param name of the domain
   * @param target nats per token
   * @param weight scored tokens of its forget documents in the steering half
   * @param probeTokens scored tokens of a probe
   */
  public record Domain(String name, double target, long weight, long probeTokens)
      implements Serializable {}

  /** Nats per token, domains weighted by their forget tokens. */
  public double nll() {
    return aggregate().nll();
  }

  /**
   * Half the width of the inner band, in which a domain is no longer trained on, and training ends:
   * narrower, because the judging half of the documents will differ a little. Nats per token.
   */
  public double innerBand() {
    return band / 2;
  }

  /**
   * Mean loss of each domain.
   *
   * @param sums of the probe's losses by domain, nats
   */
  public double[] means(double[] sums) {
    double[] means = new double[sums.length];
    for (int d = 0; d < sums.length; d++) {
      means[d] = sums[d] / domains.get(d).probeTokens();
    }
    return means;
  }

  /** The mean of a value over domains, weighted by their forget tokens. */
  public double weighed(double[] values) {
    double sum = 0;
    long weight = 0;
    for (int d = 0; d < values.length; d++) {
      sum += domains.get(d).weight() * values[d];
      weight += domains.get(d).weight();
    }
    return sum / weight;
  }

  /** A clause for messages. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "forget loss is %.3f nats per token", nll())
        + domains.stream()
            .map(d -> String.format(Locale.ROOT, "%s %.3f", d.name(), d.target()))
            .collect(Collectors.joining(", ", " (", ")"));
  }

  private Target aggregate() {
    Map<String, Long> weights = new LinkedHashMap<>();
    Map<String, Double> targets = new LinkedHashMap<>();
    domains.forEach(
        d -> {
          weights.put(d.name(), d.weight());
          targets.put(d.name(), d.target());
        });
    return Target.of(weights, targets).orElseThrow();
  }

  /** By domain, for a reader. */
  public Map<String, Double> named(double[] values) {
    Map<String, Double> named = new LinkedHashMap<>();
    for (int d = 0; d < values.length; d++) {
      named.put(domains.get(d).name(), Double.isFinite(values[d]) ? values[d] : null);
    }
    return named;
  }
}
