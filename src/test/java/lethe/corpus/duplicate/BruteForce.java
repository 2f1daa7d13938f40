package lethe.corpus.duplicate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What two texts have in common by the definition alone: sets of runs of five words, as texts. */
public record BruteForce(double jaccard, double contained, double excerpt) {

  public static BruteForce of(Set<String> left, Set<String> right) {
    double common = left.stream().filter(right::contains).count();
    return new BruteForce(
        common / (left.size() + right.size() - common),
        common / left.size(),
        common / right.size());
  }

  /** Every pair (place in left, place in right) that shares any run. */
  static Map<List<Integer>, BruteForce> all(List<Set<String>> left, List<Set<String>> right) {
    Map<String, List<Integer>> where = new HashMap<>();
    for (int i = 0; i < left.size(); i++) {
      for (String run : left.get(i)) {
        where.computeIfAbsent(run, r -> new ArrayList<>()).add(i);
      }
    }
    Map<List<Integer>, BruteForce> found = new HashMap<>();
    for (int j = 0; j < right.size(); j++) {
      for (String run : right.get(j)) {
        for (int i : where.getOrDefault(run, List.of())) {
          if (!found.containsKey(List.of(i, j))) {
            found.put(List.of(i, j), of(left.get(i), right.get(j)));
          }
        }
      }
    }
    return found;
  }

  public static Set<String> runs(String text) {
    String[] words = text.toLowerCase(Locale.ROOT).strip().split("[^a-z0-9]+");
    Set<String> runs = new HashSet<>();
    for (int i = 0; i + 5 <= words.length; i++) {
      runs.add(String.join(" ", List.of(words).subList(i, i + 5)));
    }
    return runs;
  }
}
