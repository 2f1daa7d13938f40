package lethe.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lethe.target.Split;

/**
 * The domains to forget of which there is no text that the model never saw. Nothing can be said of
 * them by comparison: they are left out of membership inference and of what is pooled over domains.
 */
final class DomainsLeftOut {
  private DomainsLeftOut() {}

  /**
   * @param documents of each model, which all have the same
   * @return in order
   */
  static List<String> of(Map<String, List<DocumentScore>> documents) {
    TreeSet<String> domains = new TreeSet<>();
    documents.values().stream().findFirst().ifPresent(any -> add(domains, any));
    return List.copyOf(domains);
  }

  private static void add(Set<String> domains, List<DocumentScore> documents) {
    Map<String, List<DocumentScore>> splits =
        documents.stream().collect(Collectors.groupingBy(DocumentScore::split));
    splits.getOrDefault(Split.FORGET.key(), List.of()).forEach(d -> domains.add(d.domain()));
    splits
        .getOrDefault(Split.APPROXIMATE.key(), List.of())
        .forEach(d -> domains.remove(d.domain()));
  }
}
