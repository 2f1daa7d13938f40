package lethe.corpus.duplicate;

import java.lang.Character.UnicodeScript;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongConsumer;
import lethe.random.SplitMix64;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * A text as its runs of {@value #WORDS} words, each a 64-bit hash. Case, punctuation, white space
 * and compatibility forms (NFKC) make no difference. A word is a run of letters, digits and marks;
 * in scripts written without spaces every character is one. A shorter text is one run of all its
 * words.
 *
 * <p>Two different runs have the same hash with a chance of 2^-64, so that sets of hashes are
 * compared as if they were the sets of runs.
 */
public final class Shingles {
  /** Words a run: five is what corpus tools use, long enough that chance repeats are rare. */
  public static final int WORDS = 5;

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
  private static final int PENDING = 1 << 12;
  private static final byte NO_WORD = (byte) 0xFF; // never in UTF-8
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
      FACTORS[i] = SplitMix64.mix(i + 1) | 1;
    }
  }

  private final LongConsumer use;
  private long word = START;
  private boolean inWord;
  private long words;

  /** Gets the words themselves, in UTF-8 and each with a NUL after it; null if nobody asks. */
  private final MessageDigest digest;

  /** Bytes for the digest; it would take them one at a time only slowly. */
  private final byte[] pending;

  private int filled;

  /** Hashes of the last words, the newest in a. */
  private long a;

  private long b;
  private long c;
  private long d;
  private long e;

  private Shingles(LongConsumer use, MessageDigest digest) {
    this.use = use;
    this.digest = digest;
    this.pending = new byte[digest == null ? 0 : PENDING];
  }

  /**
   * Goes through a text once, in constant memory besides it.
   *
   * @param use is given every run in order, repeated ones too
   */
  static void each(String text, LongConsumer use) {
    new Shingles(use, null).read(normal(text));
  }

  /**
   * The same.
   *
   * @return the SHA-256 of the words in order, or of the text itself where it has no word: texts
   *     that agree in it are exact duplicates
   */
  static byte[] digest(String text, LongConsumer use) {
    MessageDigest digest = DigestUtils.getSha256Digest();
    String normal = normal(text);
    Shingles shingles = new Shingles(use, digest);
    shingles.read(normal);
    if (shingles.words == 0) {
      digest.update(NO_WORD);
      digest.update(normal.getBytes(StandardCharsets.UTF_8));
    } else {
      shingles.flush();
    }
    return digest.digest();
  }

  private static String normal(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return Normalizer.normalize(text, Normalizer.Form.NFKC);
      }
    }
    return text;
  }

  private void read(String text) {
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
    if (words > 0 && words < WORDS) {
      use.accept(run());
    }
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
    if (digest != null) {
      put(letter);
    }
  }

  /** Adds a character in UTF-8. */
  private void put(int letter) {
    if (filled > PENDING - Integer.BYTES) {
      flush();
    }
    if (letter < 0x80) {
      pending[filled++] = (byte) letter;
    } else {
      byte[] bytes = Character.toString(letter).getBytes(StandardCharsets.UTF_8);
      System.arraycopy(bytes, 0, pending, filled, bytes.length);
      filled += bytes.length;
    }
  }

  private void flush() {
    digest.update(pending, 0, filled);
    filled = 0;
  }

  private void endWord() {
    if (!inWord) {
      return;
    }
    e = d;
    d = c;
    c = b;
    b = a;
    a = SplitMix64.mix(word);
    inWord = false;
    word = START;
    words++;
    if (digest != null) {
      put(0);
    }
    if (words >= WORDS) {
      use.accept(run());
    }
  }

  /** The last words, or all where they are fewer than a run has, as one hash. */
  private long run() {
    return SplitMix64.mix(
        a * FACTORS[0]
            + b * FACTORS[1]
            + c * FACTORS[2]
            + d * FACTORS[3]
            + e * FACTORS[4]
            + Math.min(words, WORDS));
  }
}
