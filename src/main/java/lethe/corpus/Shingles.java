package lethe.corpus;

import java.lang.Character.UnicodeScript;
import java.nio.ByteBuffer;
import java.text.Normalizer;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * A text as its runs of {@value #WORDS} words, each a 64-bit hash. Case, punctuation, white space
 * and compatibility forms (NFKC) make no difference. A word is a run of letters, digits and marks;
 * in scripts written without spaces every character is one. A shorter text is one run of all its
 * words.
 *
 * <p>Two different runs have the same hash with a chance of 2^-64, so that sets of hashes are
 * compared as if they were the sets of runs.
 */
final class Shingles {
  /** Words a run: five is what corpus tools use, long enough that chance repeats are rare. */
  static final int WORDS = 5;

  private static final Set<UnicodeScript> UNSPACED =
      EnumSet.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.THAI,
          UnicodeScript.LAO,
          UnicodeScript.KHMER,
          UnicodeScript.MYANMAR,
          UnicodeScript.TIBETAN);

  private static final long START = 0xCBF29CE484222325L;
  private static final int FIRST_UNSPACED = 0x0E00; // Thai; no script below it is without spaces

  /** By ASCII character: itself in lower case, or 0 where it belongs to no word. */
  private static final char[] LETTERS = new char[0x80];

  /** By place in a run, the last word first: odd, so that no word's hash loses a bit. */
  private static final long[] FACTORS = new long[WORDS];

  static {
    for (char c = 0; c < LETTERS.length; c++) {
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      LETTERS[c] = letter || (c >= '0' && c <= '9') ? Character.toLowerCase(c) : 0;
    }
    for (int i = 0; i < WORDS; i++) {
      FACTORS[i] = mix(i + 1) | 1;
    }
  }

  private final LongConsumer use;
  private long word = START;
  private boolean inWord;
  private long words;
  private long first = 1; // two hashes of all words in order
  private long second = 2;

  /** Hashes of the last words, the newest in a. */
  private long a;

  private long b;
  private long c;
  private long d;
  private long e;

  private Shingles(LongConsumer use) {
    this.use = use;
  }

  /**
   * Goes through a text once, in constant memory beside it.
   *
   * @param use is given every run in order, repeated ones too
   * @return 128 bits of hash of the words in order, or of the text itself where it has no word:
   *     texts that agree in it are exact duplicates
   */
  static byte[] each(String text, LongConsumer use) {
    return new Shingles(use).read(normal(text));
  }

  private static String normal(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return Normalizer.normalize(text, Normalizer.Form.NFKC);
      }
    }
    return text;
  }

  private byte[] read(String text) {
    int length = text.length();
    for (int i = 0; i < length; ) {
      int at = text.charAt(i);
      if (at < LETTERS.length) {
        i++;
        char letter = LETTERS[at];
        if (letter == 0) {
          endWord();
        } else {
          add(letter);
        }
      } else {
        at = text.codePointAt(i);
        i += Character.charCount(at);
        beyondAscii(at);
      }
    }
    endWord();
    if (words == 0) {
      text.chars().forEach(this::include);
    } else if (words < WORDS) {
      use.accept(run());
    }
    return ByteBuffer.allocate(2 * Long.BYTES).putLong(mix(first)).putLong(mix(second)).array();
  }

  private void beyondAscii(int at) {
    if (!belongs(at)) {
      endWord();
    } else if (at >= FIRST_UNSPACED && UNSPACED.contains(UnicodeScript.of(at))) {
      endWord();
      add(at);
      endWord();
    } else {
      add(Character.toLowerCase(at));
    }
  }

  private static boolean belongs(int at) {
    int type = Character.getType(at);
    return Character.isLetterOrDigit(at)
        || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK;
  }

  private void add(int letter) {
    inWord = true;
    word = (word ^ letter) * 0x100000001B3L; // FNV-1a, a character at a time
  }

  private void endWord() {
    if (!inWord) {
      return;
    }
    e = d;
    d = c;
    c = b;
    b = a;
    a = mix(word);
    inWord = false;
    word = START;
    words++;
    include(a);
    if (words >= WORDS) {
      use.accept(run());
    }
  }

  private void include(long hash) {
    first = (first + hash) * 0x9E3779B97F4A7C15L;
    second = Long.rotateLeft(second ^ hash, 29) * 0xD6E8FEB86659FD93L;
  }

  /** The last words, or all where they are fewer than a run has, as one hash. */
  private long run() {
    return mix(
        a * FACTORS[0]
            + b * FACTORS[1]
            + c * FACTORS[2]
            + d * FACTORS[3]
            + e * FACTORS[4]
            + Math.min(words, WORDS));
  }

  /** The finaliser of SplitMix64: a bijection whose every output bit depends on every input bit. */
  static long mix(long x) {
    long y = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    y = (y ^ (y >>> 27)) * 0x94D049BB133111EBL;
    return y ^ (y >>> 31);
  }
}
