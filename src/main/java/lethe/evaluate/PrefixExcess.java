package lethe.evaluate;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import lethe.evaluate.RobustnessScores.Prefixed;
import lethe.target.Split;
import lethe.target.Target;

/**
 * How much more of forget chunks than of unseen ones the unlearned model writes when the first
 * tokens are given, domains weighed by their forget tokens.
 *
 * @param tokens given
 * @param exact share of forget chunks whose next tokens are written, 0 to 1; NaN when unknown
 * @param run longest run in common, of forget minus approximate, tokens; NaN when a domain to
 *     forget has no approximate chunk that is long enough
 */
record PrefixExcess(int tokens, double exact, double run) {

  /** That for the number of tokens where the difference is largest; the first that is NaN. */
  static PrefixExcess worst(
      List<Prefixed> scores, Map<String, Long> forgetTokens, List<Integer> prefixes) {
    PrefixExcess worst = null;
    for (int tokens : prefixes) {
      List<Prefixed> own =
          scores.stream()
              .filter(s -> s.model().equals(ModelNames.UNLEARNED) && s.tokens() == tokens)
              .toList();
      Map<String, Long> weights = new TreeMap<>(forgetTokens);
      weights.keySet().retainAll(means(own, Split.FORGET, Prefixed::run).keySet());
      double run =
          weighed(own, Split.FORGET, weights, Prefixed::run)
              - weighed(own, Split.APPROXIMATE, weights, Prefixed::run);
      double exact = weighed(own, Split.FORGET, weights, Prefixed::exact);
      if (worst == null || !(run <= worst.run())) {
        worst = new PrefixExcess(tokens, exact, run);
      }
      if (Double.isNaN(run)) {
        break;
      }
    }
    return worst;
  }

  private static double weighed(
      List<Prefixed> scores,
      Split split,
      Map<String, Long> weights,
      ToDoubleFunction<Prefixed> figure) {
    Optional<Target> mean =
        weights.isEmpty() ? Optional.empty() : Target.of(weights, means(scores, split, figure));
    return mean.map(Target::nll).orElse(Double.NaN);
  }

  private static Map<String, Double> means(
      List<Prefixed> scores, Split split, ToDoubleFunction<Prefixed> figure) {
    Map<String, Double> means = new HashMap<>();
    scores.stream()
        .filter(s -> s.split().equals(split.key()))
        .forEach(s -> means.put(s.domain(), figure.applyAsDouble(s)));
    return means;
  }
}
