package lethe.target;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where forgetting should end: the original model's loss on text of the same domains that it never
 * saw, an estimate of the loss that a model retrained without the forget documents would have on
 * them.
 *
 * <pre>  target = sum_d n_d nll_approximate(d) / sum_d n_d </pre>
 *
 * where n_d are the forget split's scored tokens in domain d. Yao et al., "Machine Unlearning of
 * Pre-trained Large Language Models", 2024, arXiv:2402.15159, approximate retraining; the weighting
 * by domain is ours, since the two splits need not have the same mix.
 *
 * @param nll nats per token
 * @param domains each forget domain's own target, nats per token
 */
public record Target(double nll, Map<String, Double> domains) {

  /**
   * The target; empty when a domain to forget has no approximate text.
   *
   * @param forgetTokens scored tokens of the forget split by domain
   * @param approximateNll the original model's mean on the approximate split by domain, nats
   */
  public static Optional<Target> of(
      Map<String, Long> forgetTokens, Map<String, Double> approximateNll) {
    if (forgetTokens.isEmpty() || !approximateNll.keySet().containsAll(forgetTokens.keySet())) {
      return Optional.empty();
    }
    double sum = 0;
    long tokens = 0;
    Map<String, Double> domains = new TreeMap<>();
    for (Map.Entry<String, Long> domain : new TreeMap<>(forgetTokens).entrySet()) {
      double nll = approximateNll.get(domain.getKey());
      domains.put(domain.getKey(), nll);
      sum += domain.getValue() * nll;
      tokens += domain.getValue();
    }
    return Optional.of(new Target(sum / tokens, domains));
  }
}
