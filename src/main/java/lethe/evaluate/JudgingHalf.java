package lethe.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lethe.target.DocumentHalves;
import lethe.target.Split;

/**
 * The documents of a split by domain, and those of them that judge: the half that did not steer the
 * training.
 */
final class JudgingHalf {
  final Map<String, List<DocumentScore>> all;
  final Map<String, List<DocumentScore>> judging = new TreeMap<>();

  /**
   * @param scores of one model, all splits
   * @param which of the split's documents count
   */
  JudgingHalf(List<DocumentScore> scores, Split split, Predicate<DocumentScore> which) {
    all =
        scores.stream()
            .filter(d -> d.split().equals(split.key()))
            .filter(which)
            .collect(Collectors.groupingBy(DocumentScore::domain));
    all.forEach(
        (domain, documents) -> {
          Set<String> half =
              DocumentHalves.judging(documents.stream().map(DocumentScore::document).toList());
          judging.put(domain, documents.stream().filter(d -> half.contains(d.document())).toList());
        });
  }

  int size() {
    return judging.values().stream().mapToInt(List::size).sum();
  }

  Map<String, Long> tokens() {
    Map<String, Long> tokens = new TreeMap<>();
    judging.forEach(
        (domain, documents) ->
            tokens.put(domain, documents.stream().mapToLong(DocumentScore::tokens).sum()));
    return tokens;
  }

  Map<String, Double> means() {
    Map<String, Double> means = new TreeMap<>();
    judging.forEach((domain, documents) -> means.put(domain, DistanceToTarget.mean(documents)));
    return means;
  }
}
