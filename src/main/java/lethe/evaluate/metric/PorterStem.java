package lethe.evaluate.metric;

import java.util.Map;

/**
 * The stem of an English word by Porter's algorithm, with the departures from it that NLTK makes by
 * default, because published ROUGE scores are made of NLTK's stems.
 *
 * <p>A word is read as [C](VC)^m[V], C and V runs of consonants and vowels; y is a vowel after a
 * consonant. Each step replaces one ending, if what is left of the word meets the rule's condition,
 * mostly on m. Porter, "An algorithm for suffix stripping", Program 14, 1980. NLTK's departures:
 * some words have stems of their own; short words end in -ie, where Porter has -i (dies: die, not
 * di); a final y counts as i after any consonant but the first letter; -bli, -alli, -fulli and
 * -logi are among the endings; and a word of two letters, vowel and consonant, counts as one that
 * ends consonant, vowel, consonant.
 */
final class PorterStem {
  private static final Map<String, String> IRREGULAR =
      Map.ofEntries(
          Map.entry("sky", "sky"),
          Map.entry("skies", "sky"),
          Map.entry("dying", "die"),
          Map.entry("lying", "lie"),
          Map.entry("tying", "tie"),
          Map.entry("news", "news"),
          Map.entry("inning", "inning"),
          Map.entry("innings", "inning"),
          Map.entry("outing", "outing"),
          Map.entry("outings", "outing"),
          Map.entry("canning", "canning"),
          Map.entry("cannings", "canning"),
          Map.entry("howe", "howe"),
          Map.entry("proceed", "proceed"),
          Map.entry("exceed", "exceed"),
          Map.entry("succeed", "succeed"));

  private static final String[][] STEP_2 = {
    {"ational", "ate"},
    {"tional", "tion"},
    {"enci", "ence"},
    {"anci", "ance"},
    {"izer", "ize"},
    {"bli", "ble"},
    {"alli", "al"},
    {"entli", "ent"},
    {"eli", "e"},
    {"ousli", "ous"},
    {"ization", "ize"},
    {"ation", "ate"},
    {"ator", "ate"},
    {"alism", "al"},
    {"iveness", "ive"},
    {"fulness", "ful"},
    {"ousness", "ous"},
    {"aliti", "al"},
    {"iviti", "ive"},
    {"biliti", "ble"},
    {"fulli", "ful"},
  };

  private static final String[][] STEP_3 = {
    {"icate", "ic"},
    {"ative", ""},
    {"alize", "al"},
    {"iciti", "ic"},
    {"ical", "ic"},
    {"ful", ""},
    {"ness", ""},
  };

  private static final String[] STEP_4 = {
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize"
  };

  private PorterStem() {}

  /**
   * @param word in lower case
   */
  static String of(String word) {
    String irregular = IRREGULAR.get(word);
    if (irregular != null) {
      return irregular;
    }
    if (word.length() <= 2) {
      return word;
    }
    return step5b(step5a(step4(step3(step2(step1c(step1b(step1a(word))))))));
  }

  /** Plurals. */
  private static String step1a(String word) {
    if (word.endsWith("sses") || (word.endsWith("ies") && word.length() != 4)) {
      return without(word, 2);
    }
    if (word.endsWith("ies") || (word.endsWith("s") && !word.endsWith("ss"))) {
      return without(word, 1);
    }
    return word;
  }

  /** Past tenses and participles. */
  private static String step1b(String word) {
    if (word.endsWith("ied")) {
      return without(word, word.length() == 4 ? 1 : 2);
    }
    if (word.endsWith("eed")) {
      return measure(without(word, 3)) > 0 ? without(word, 1) : word;
    }
    for (String ending : new String[] {"ed", "ing"}) {
      String stem = without(word, ending.length());
      if (word.endsWith(ending) && hasVowel(stem)) {
        return restored(stem);
      }
    }
    return word;
  }

  /** A verb without its ending, as it is written alone. */
  private static String restored(String stem) {
    if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) {
      return stem + "e";
    }
    if (endsDouble(stem)) {
      return "lsz".indexOf(stem.charAt(stem.length() - 1)) < 0 ? without(stem, 1) : stem;
    }
    return measure(stem) == 1 && endsShort(stem) ? stem + "e" : stem;
  }

  private static String step1c(String word) {
    String stem = without(word, 1);
    return word.endsWith("y") && stem.length() > 1 && isConsonant(stem, stem.length() - 1)
        ? stem + "i"
        : word;
  }

  private static String step2(String word) {
    if (word.endsWith("alli") && measure(without(word, 4)) > 0) {
      return step2(without(word, 2)); // what -al leaves may have an ending itself
    }
    if (word.endsWith("logi")) {
      return measure(without(word, 3)) > 0 ? without(word, 1) : word;
    }
    return replaced(word, STEP_2);
  }

  private static String step3(String word) {
    return replaced(word, STEP_3);
  }

  /** Of the first ending that a word has, if a measure above 0 is left. */
  private static String replaced(String word, String[][] rules) {
    for (String[] rule : rules) {
      if (word.endsWith(rule[0])) {
        String stem = without(word, rule[0].length());
        return measure(stem) > 0 ? stem + rule[1] : word;
      }
    }
    return word;
  }

  private static String step4(String word) {
    for (String ending : STEP_4) {
      if (word.endsWith(ending)) {
        String stem = without(word, ending.length());
        boolean fits = !ending.equals("ion") || stem.endsWith("s") || stem.endsWith("t");
        return fits && measure(stem) > 1 ? stem : word;
      }
    }
    return word;
  }

  private static String step5a(String word) {
    if (!word.endsWith("e")) {
      return word;
    }
    String stem = without(word, 1);
    int measure = measure(stem);
    return measure > 1 || (measure == 1 && !endsShort(stem)) ? stem : word;
  }

  private static String step5b(String word) {
    return word.endsWith("ll") && measure(without(word, 1)) > 1 ? without(word, 1) : word;
  }

  private static String without(String word, int letters) {
    return word.substring(0, Math.max(0, word.length() - letters));
  }

  private static boolean isConsonant(String word, int place) {
    char letter = word.charAt(place);
    if (letter == 'y') {
      return place == 0 || !isConsonant(word, place - 1);
    }
    return "aeiou".indexOf(letter) < 0;
  }

  /** How often a consonant follows a vowel. */
  private static int measure(String stem) {
    int measure = 0;
    for (int i = 1; i < stem.length(); i++) {
      measure += isConsonant(stem, i) && !isConsonant(stem, i - 1) ? 1 : 0;
    }
    return measure;
  }

  private static boolean hasVowel(String stem) {
    for (int i = 0; i < stem.length(); i++) {
      if (!isConsonant(stem, i)) {
        return true;
      }
    }
    return false;
  }

  private static boolean endsDouble(String stem) {
    int last = stem.length() - 1;
    return last >= 1 && stem.charAt(last) == stem.charAt(last - 1) && isConsonant(stem, last);
  }

  /** Ends consonant, vowel, consonant other than w, x and y. */
  private static boolean endsShort(String stem) {
    int last = stem.length() - 1;
    if (last == 1) {
      return !isConsonant(stem, 0) && isConsonant(stem, 1);
    }
    return last >= 2
        && isConsonant(stem, last - 2)
        && !isConsonant(stem, last - 1)
        && isConsonant(stem, last)
        && "wxy".indexOf(stem.charAt(last)) < 0;
  }
}
