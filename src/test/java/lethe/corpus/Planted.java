package lethe.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import lethe.corpus.duplicate.Shingles;

/**
 * Pairs of texts with a known share in common, in words drawn from a small vocabulary: left text i
 * and right text i belong together.
 *
 * @param left texts to be looked for
 * @param right texts they are looked for in
 */
public record Planted(List<String> left, List<String> right) {
  private static final int VOCABULARY = 3000;
  private static final int WORDS = 300;

  public static Planted none() {
    return new Planted(new ArrayList<>(), new ArrayList<>());
  }

  /**
   * Adds pairs of this Jaccard similarity, give or take: half of them share one piece, the others
   * differ in single words.
   */
  public void near(double jaccard, int pairs, Random random) {
    double kept = 2 * jaccard / (1 + jaccard); // share of each text's runs that the other has
    for (int i = 0; i < pairs; i++) {
      List<String> text = words(WORDS, random);
      List<String> copy = new ArrayList<>(text);
      if (i % 2 == 0) {
        int same = (int) Math.ceil(kept * WORDS);
        copy.subList(same, WORDS).clear();
        copy.addAll(words(WORDS - same, random));
      } else {
        double changed = 1 - Math.pow(kept, 1.0 / Shingles.WORDS);
        copy.replaceAll(word -> random.nextDouble() < changed ? word(random) : word);
      }
      add(text, copy, random);
    }
  }

  /** Adds pairs of which this share of the left one stands somewhere in a longer right one. */
  public void contained(double share, int pairs, Random random) {
    for (int i = 0; i < pairs; i++) {
      List<String> text = words(WORDS, random);
      int from = random.nextInt(WORDS - (int) (share * WORDS) + 1);
      List<String> host = words(random.nextInt(2 * WORDS) + WORDS, random);
      host.addAll(text.subList(from, Math.min(WORDS, from + (int) (share * WORDS) + 3)));
      host.addAll(words(random.nextInt(2 * WORDS) + WORDS, random));
      add(text, host, random);
    }
  }

  /** Adds pairs of which this share of the right one stands somewhere in a longer left one. */
  public void excerpt(double share, int pairs, Random random) {
    Planted turned = new Planted(/* left= */ right, /* right= */ left);
    turned.contained(share, pairs, random);
  }

  private void add(List<String> text, List<String> copy, Random random) {
    left.add(written(text, random));
    right.add(written(copy, random));
  }

  /** Words with any punctuation, white space and case between and in them. */
  private static String written(List<String> words, Random random) {
    String[] between = {" ", " ", " ", "  ", "\n", ", ", ". ", " - "};
    StringBuilder text = new StringBuilder();
    for (String word : words) {
      boolean capital = random.nextInt(8) == 0;
      text.append(capital ? Character.toUpperCase(word.charAt(0)) + word.substring(1) : word);
      text.append(between[random.nextInt(between.length)]);
    }
    return text.toString();
  }

  private static List<String> words(int count, Random random) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      words.add(word(random));
    }
    return words;
  }

  private static String word(Random random) {
    return "w" + Integer.toString(random.nextInt(VOCABULARY), 36);
  }
}
