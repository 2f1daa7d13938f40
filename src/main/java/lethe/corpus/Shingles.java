package lethe.corpus;

import java.lang.Character.UnicodeScript;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongConsumer;
import lethe.folder.Files;

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

  private final LongConsumer use;
  private final MessageDigest digest = Files.sha256();
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 13);
  private final long[] last = new long[WORDS];
  private long word = START;
  private boolean inWord;
  private long words;

  private Shingles(LongConsumer use) {
    this.use = use;
  }

  /**
   * Goes through a text once, in constant memory beside it.
   *
   * @param use is given every run in order, repeated ones too
   * @return SHA-256 of the words' hashes in order, or of the text itself where it has no word:
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
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (!belongs(c)) {
        endWord();
      } else if (c >= FIRST_UNSPACED && UNSPACED.contains(UnicodeScript.of(c))) {
        endWord();
        add(c);
        endWord();
      } else {
        add(Character.toLowerCase(c));
      }
    }
    endWord();
    if (words == 0) {
      return digest.digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    if (words < WORDS) {
      use.accept(run((int) words));
    }
    flush();
    return digest.digest();
  }

  private static boolean belongs(int c) {
    if (c < 0x80) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
    int type = Character.getType(c);
    return Character.isLetterOrDigit(c)
        || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK;
  }

  private void add(int c) {
    inWord = true;
    word = (word ^ c) * 0x100000001B3L; // FNV-1a, a character at a time
  }

  private void endWord() {
    if (!inWord) {
      return;
    }
    long hash = mix(word);
    inWord = false;
    word = START;
    if (bytes.remaining() < Long.BYTES) {
      flush();
    }
    bytes.putLong(hash);
    last[(int) (words++ % WORDS)] = hash;
    if (words >= WORDS) {
      use.accept(run(WORDS));
    }
  }

  /** The last words as one hash. */
  private long run(int length) {
    long hash = length;
    for (long i = words - length; i < words; i++) {
      hash = mix(hash * 0x9E3779B97F4A7C15L + last[(int) (i % WORDS)]);
    }
    return hash;
  }

  private void flush() {
    digest.update(bytes.array(), 0, bytes.position());
    bytes.clear();
  }

  /** The finaliser of SplitMix64: a bijection whose every output bit depends on every input bit. */
  static long mix(long x) {
    long y = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    y = (y ^ (y >>> 27)) * 0x94D049BB133111EBL;
    return y ^ (y >>> 31);
  }
}
