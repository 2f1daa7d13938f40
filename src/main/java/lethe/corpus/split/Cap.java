package lethe.corpus.split;

import java.util.Map;
import java.util.Optional;
import lethe.settings.Section;

/**
 * The most a split may take.
 *
 * @param whole of the whole split, if it is capped as a whole
 * @param domains of a domain; a domain not named here is not capped
 */
public record Cap(Optional<Long> whole, Map<String, Long> domains) {

  /** Reads {@code key = 100} or {@code key { arxiv = 12, books = 1 }}. */
  static Cap read(Section section, String key) {
    if (!section.has(key)) {
      return new Cap(Optional.empty(), Map.of());
    }
    return section.isObject(key)
        ? new Cap(Optional.empty(), section.wholes(key, 1))
        : new Cap(Optional.of(section.longInRange(key, 1, Long.MAX_VALUE)), Map.of());
  }

  boolean open() {
    return whole.isEmpty() && domains.isEmpty();
  }
}
