package lethe.sample;

import java.util.Random;
import java.util.function.Supplier;

/**
 * Invents names, numbers and codes that nobody could guess, none of which is contained in one
 * invented before.
 */
final class Facts {
  private static final String CONSONANTS = "bdfghjklmnprstvwz";
  private static final String VOWELS = "aeiou";
  private static final String CODAS = "klmnrst";
  private static final String CODE_CHARACTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  private static final String HEXADECIMAL = "0123456789abcdef";

  private final StringBuilder invented = new StringBuilder();

  /** A word of three syllables, such as {@code tarvolek}. */
  String name(Random random) {
    return unseen(() -> word(random));
  }

  /** A word of three syllables with a capital, such as {@code Tarvolek}. */
  String properName(Random random) {
    return unseen(
        () -> {
          String word = word(random);
          return Character.toUpperCase(word.charAt(0)) + word.substring(1);
        });
  }

  /** Four digits, a point, four digits. */
  String number(Random random) {
    return unseen(() -> (1000 + random.nextInt(9000)) + "." + (1000 + random.nextInt(9000)));
  }

  /** Such as {@code PSCZ-5RPK}. */
  String code(Random random) {
    return unseen(
        () ->
            characters(CODE_CHARACTERS, 4, random) + "-" + characters(CODE_CHARACTERS, 4, random));
  }

  /** Twelve hexadecimal digits. */
  String hex(Random random) {
    return unseen(() -> characters(HEXADECIMAL, 12, random));
  }

  private String unseen(Supplier<String> draw) {
    String fact = draw.get();
    while (invented.indexOf(fact) >= 0) {
      fact = draw.get();
    }
    invented.append(fact).append(' ');
    return fact;
  }

  private static String word(Random random) {
    StringBuilder word = new StringBuilder();
    for (int syllable = 0; syllable < 3; syllable++) {
      word.append(characters(CONSONANTS, 1, random)).append(characters(VOWELS, 1, random));
      if (random.nextBoolean()) {
        word.append(characters(CODAS, 1, random));
      }
    }
    return word.toString();
  }

  private static String characters(String of, int count, Random random) {
    StringBuilder drawn = new StringBuilder();
    for (int i = 0; i < count; i++) {
      drawn.append(of.charAt(random.nextInt(of.length())));
    }
    return drawn.toString();
  }
}
