package lethe.settings;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** The names that a misspelt one may have been meant for. */
public final class NearestNames {
  private NearestNames() {}

  /**
   * The nearest of some names: first those that end with it after a dot, then by edit distance.
   *
   * @param known at least one
   * @param most names wanted
   */
  public static List<String> of(String name, List<String> known, int most) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    return known.stream()
        .sorted(
            Comparator.<String, Boolean>comparing(other -> !other.endsWith("." + name))
                .thenComparing(other -> distance.apply(name, other)))
        .limit(most)
        .toList();
  }

  /** The nearest name, if so few letters differ that it may have been meant. */
  public static Optional<String> close(String name, List<String> known) {
    int most = Math.max(1, name.length() / 3);
    return of(name, known, 1).stream()
        .filter(other -> LevenshteinDistance.getDefaultInstance().apply(name, other) <= most)
        .findFirst();
  }
}
