package lethe.evaluate;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.target.Split;
import lethe.target.Target;

/**
 * Mean losses by split and domain, each split over all domains under {@link SplitScore#ALL}.
 *
 * @param splits nats per token, by split and domain; may not be finite
 * @param forgetTokens scored tokens of forget, by domain
 */
record RobustnessLosses(Map<String, Map<String, Double>> splits, Map<String, Long> forgetTokens) {

  /** Of a model's documents. */
  static RobustnessLosses of(List<DocumentScore> documents) {
    Map<String, Map<String, Double>> splits = new TreeMap<>();
    SplitScores.bySplit(documents)
        .forEach(
            (split, domains) -> {
              Map<String, Double> means = new TreeMap<>();
              domains.forEach((domain, own) -> means.put(domain, DistanceToTarget.mean(own)));
              splits.put(split, means);
            });
    Map<String, Long> tokens =
        documents.stream()
            .filter(d -> d.split().equals(Split.FORGET.key()))
            .collect(
                Collectors.groupingBy(
                    DocumentScore::domain,
                    TreeMap::new,
                    Collectors.summingLong(DocumentScore::tokens)));
    return new RobustnessLosses(splits, tokens);
  }

  /** Loss on all documents of a split; NaN when there is none. */
  double all(Split split) {
    return splits.getOrDefault(split.key(), Map.of()).getOrDefault(SplitScore.ALL, Double.NaN);
  }

  /**
   * Forget loss minus the target, which is another model's loss on approximate text with domains
   * weighed like forget.
   *
   * @return NaN when a domain to forget has no approximate text
   */
  double distance(RobustnessLosses original) {
    Map<String, Double> unseen =
        new TreeMap<>(original.splits.getOrDefault(Split.APPROXIMATE.key(), Map.of()));
    unseen.remove(SplitScore.ALL);
    return all(Split.FORGET) - Target.of(forgetTokens, unseen).map(Target::nll).orElse(Double.NaN);
  }
}
