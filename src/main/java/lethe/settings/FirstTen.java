package lethe.settings;

import java.util.ArrayList;
import java.util.List;

/** Shortens lists in messages: the first ten, then how many more there are. */
public final class FirstTen {
  private static final int MOST_LISTED = 10;

  private FirstTen() {}

  /** In one sentence: {@code a, b, c and 33 more}. */
  public static String of(List<String> names) {
    String first = String.join(", ", names.stream().limit(MOST_LISTED).toList());
    return names.size() <= MOST_LISTED
        ? first
        : first + " and " + (names.size() - MOST_LISTED) + " more";
  }

  /** One sentence per line. */
  public static List<String> lines(List<String> sentences) {
    if (sentences.size() <= MOST_LISTED) {
      return sentences;
    }
    List<String> lines = new ArrayList<>(sentences.subList(0, MOST_LISTED));
    lines.add("and %d more like these".formatted(sentences.size() - MOST_LISTED));
    return lines;
  }
}
