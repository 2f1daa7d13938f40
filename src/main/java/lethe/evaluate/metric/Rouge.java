package lethe.evaluate.metric;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How much of a reference text another one has, in words.
 *
 * <pre>
 *   recall    = common / words of the reference      precision = common / words of the hypothesis
 *   F1        = 2 precision recall / (precision + recall)
 *   ROUGE-1:  common = words in both, each as often as in the one that has it less often
 *   ROUGE-L:  common = length of the longest common subsequence
 * </pre>
 *
 * Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004. Words are those of Google's
 * {@code rouge_score} with its stemmer, which TOFU, MUSE and the second paper use: lower case, runs
 * of a-z and 0-9, those of more than three characters stemmed ({@link PorterStem}). A text without
 * a word has 0 of everything. Higher: more of the reference is said.
 *
 * @param recall 0 to 1
 * @param precision 0 to 1
 */
public record Rouge(double recall, double precision) {
  /** ROUGE-1. */
  public static Rouge one(String reference, String hypothesis) {
    List<String> wanted = words(reference);
    List<String> said = words(hypothesis);
    Map<String, Integer> left = new HashMap<>();
    wanted.forEach(word -> left.merge(word, 1, Integer::sum));
    int common = 0;
    for (String word : said) {
      if (left.merge(word, -1, Integer::sum) >= 0) {
        common++;
      }
    }
    return of(common, wanted.size(), said.size());
  }

  /** ROUGE-L. */
  public static Rouge longest(String reference, String hypothesis) {
    List<String> wanted = words(reference);
    List<String> said = words(hypothesis);
    int[] row = new int[said.size() + 1]; // the longest with the words of wanted so far
    for (String word : wanted) {
      int diagonal = 0;
      for (int j = 1; j < row.length; j++) {
        int above = row[j];
        row[j] = word.equals(said.get(j - 1)) ? diagonal + 1 : Math.max(above, row[j - 1]);
        diagonal = above;
      }
    }
    return of(row[said.size()], wanted.size(), said.size());
  }

  private static Rouge of(int common, int wanted, int said) {
    return new Rouge(
        wanted == 0 ? 0 : (double) common / wanted, said == 0 ? 0 : (double) common / said);
  }

  public double f1() {
    return recall + precision == 0 ? 0 : 2 * precision * recall / (precision + recall);
  }

  private static List<String> words(String text) {
    return Stream.of(text.toLowerCase(Locale.ROOT).split("[^a-z0-9]+"))
        .filter(word -> !word.isEmpty())
        .map(word -> word.length() > 3 ? PorterStem.of(word) : word)
        .toList();
  }
}
