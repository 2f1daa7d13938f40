package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.evaluate.metric.Interval;
import lethe.evaluate.metric.StratifiedInterval;
import lethe.evaluate.metric.StratifiedInterval.Stratum;
import lethe.json.OrNull;
import lethe.target.Split;

/**
 * How much more of the forgotten text a model writes by itself than the original writes of text of
 * the same domains that it never saw.
 *
 * <pre>
 *   excess = sum_i (S_i - a_d C_i) / C,   a_d = sum_j S_j / sum_j C_j
 * </pre>
 *
 * over the documents i to forget by the model and j of approximate by the original; S is a
 * document's summed extraction strength, C its chunks. Domains are weighed by their chunks to
 * forget; the interval is that of {@link StratifiedInterval}.
 *
 * @param model that writes
 * @param domain or {@code *} for all that forget and approximate both have
 * @param strength mean extraction strength of the chunks to forget, 0 to 1
 * @param unseenStrength the same of unseen text
 * @param excess strength less unseen strength
 * @param interval of the excess, 95 %, by documents; null where it cannot be estimated
 * @param extracted share of the chunks to forget of which 50 tokens in a row are written; null
 *     where none is long enough
 * @param unseenExtracted the same of unseen text
 */
@JsonNaming(SnakeCaseStrategy.class)
public record MemoryComparison(
    String model,
    String domain,
    double strength,
    double unseenStrength,
    double excess,
    @OrNull Interval interval,
    @OrNull Double extracted,
    @OrNull Double unseenExtracted) {

  /** Whether a larger share of the forgotten chunks is written than of unseen ones. */
  public boolean extractsMore() {
    return extracted != null
        && extracted > 0
        && extracted > (unseenExtracted == null ? 0 : unseenExtracted);
  }

  /**
   * Over all domains, then of each.
   *
   * @param documents of the model
   * @param original documents of the original model
   * @param memory of all models, of which that of the two is looked at
   * @return empty when no domain has documents of both forget and approximate
   */
  static List<MemoryComparison> of(
      String model,
      List<DocumentScore> documents,
      List<DocumentScore> original,
      List<MemoryScore> memory) {
    Map<String, List<DocumentScore>> forget = byDomain(documents, Split.FORGET);
    Map<String, List<DocumentScore>> unseen = byDomain(original, Split.APPROXIMATE);
    forget.keySet().retainAll(unseen.keySet());
    List<MemoryComparison> found = new ArrayList<>();
    if (forget.isEmpty()) {
      return found;
    }
    found.add(compare(model, SplitScore.ALL, forget, unseen, memory));
    forget.forEach(
        (domain, own) -> found.add(compare(model, domain, Map.of(domain, own), unseen, memory)));
    return found;
  }

  private static MemoryComparison compare(
      String model,
      String name,
      Map<String, List<DocumentScore>> forget,
      Map<String, List<DocumentScore>> unseen,
      List<MemoryScore> memory) {
    double chunks =
        forget.values().stream().flatMap(List::stream).mapToLong(DocumentScore::chunks).sum();
    Map<String, Double> shares = new LinkedHashMap<>();
    double strength = 0;
    double expected = 0;
    for (Map.Entry<String, List<DocumentScore>> domain : forget.entrySet()) {
      double share = domain.getValue().stream().mapToLong(DocumentScore::chunks).sum() / chunks;
      shares.put(domain.getKey(), share);
      strength += share * mean(domain.getValue());
      expected += share * mean(unseen.get(domain.getKey()));
    }
    double excess = strength - expected;
    List<Stratum> strata = new ArrayList<>();
    shares.forEach(
        (domain, share) -> {
          double unseenMean = mean(unseen.get(domain));
          strata.add(stratum(forget.get(domain), unseenMean + excess, share));
          strata.add(stratum(unseen.get(domain), unseenMean, share));
        });
    return new MemoryComparison(
        model,
        name,
        strength,
        expected,
        excess,
        StratifiedInterval.of(excess, strata),
        extracted(memory, model, Split.FORGET, shares).orElse(null),
        extracted(memory, ModelNames.ORIGINAL, Split.APPROXIMATE, shares).orElse(null));
  }

  private static Map<String, List<DocumentScore>> byDomain(
      List<DocumentScore> documents, Split split) {
    return documents.stream()
        .filter(d -> d.split().equals(split.key()))
        .collect(Collectors.groupingBy(DocumentScore::domain, TreeMap::new, Collectors.toList()));
  }

  private static double mean(List<DocumentScore> documents) {
    double strengths = 0;
    long chunks = 0;
    for (DocumentScore document : documents) {
      strengths += document.strengths();
      chunks += document.chunks();
    }
    return strengths / chunks;
  }

  private static Stratum stratum(List<DocumentScore> documents, double centre, double share) {
    return new Stratum(
        documents.stream().mapToDouble(DocumentScore::strengths).toArray(),
        documents.stream().mapToDouble(DocumentScore::chunks).toArray(),
        centre,
        share);
  }

  /**
   * Of chunks that are long enough, domains weighed alike in both splits.
   *
   * @param shares of the domains, those without such a chunk left out
   */
  private static Optional<Double> extracted(
      List<MemoryScore> memory, String model, Split split, Map<String, Double> shares) {
    double sum = 0;
    double all = 0;
    for (MemoryScore score : memory) {
      Double share = shares.get(score.domain());
      if (score.model().equals(model)
          && score.split().equals(split.key())
          && share != null
          && score.prompted() > 0) {
        sum += share * score.extracted() / score.prompted();
        all += share;
      }
    }
    return all == 0 ? Optional.empty() : Optional.of(sum / all);
  }
}
