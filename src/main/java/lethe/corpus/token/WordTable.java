package lethe.corpus.token;

import java.util.Arrays;
import java.util.function.Function;

/**
 * The ids of words that came before, in tables of fixed size in which a word takes the place of
 * another one. Most words are short and of few tokens: those are kept as numbers, which needs no
 * look at an array of each.
 */
final class WordTable {
  /** Places for short words, four megabytes; a power of 2. */
  private static final int SHORT_PLACES_LOG2 = 17;

  /** Places for others, some megabytes; a power of 2. */
  private static final int PLACES_LOG2 = 16;

  /** Characters; longer words seldom come again. */
  private static final int LONGEST = 48;

  /** Characters that a number holds, of a byte each. */
  private static final int SHORT = Long.BYTES;

  /** Bits for an id, and 1 more than it. */
  private static final int ID_BITS = 21;

  private static final int FEW = 3;

  /** In place of the ids of a short word that has too many. */
  private static final long MANY = -1;

  private final Function<String, int[]> find;

  /** A word's characters, the last one lowest, and then its ids, the first one lowest. */
  private final long[] numbers = new long[2 << SHORT_PLACES_LOG2];

  private final char[][] words = new char[1 << PLACES_LOG2][];
  private final int[][] tokens = new int[1 << PLACES_LOG2][];

  /**
   * @param find the ids of a word
   */
  WordTable(Function<String, int[]> find) {
    this.find = find;
  }

  /**
   * Writes the ids of a word.
   *
   * @param text with the word from one place to another
   * @param ids with room for as many as the word has bytes
   * @param at place of the first id
   * @return place after the last one
   */
  int put(char[] text, int from, int to, int[] ids, int at) {
    if (to - from <= SHORT) {
      long word = 0;
      int i = from;
      while (i < to && text[i] - 1 < 0xFF && text[i] != 0) {
        word = (word << Byte.SIZE) | text[i++];
      }
      if (i == to) {
        return putShort(word, text, from, to, ids, at);
      }
    }
    return copy(to - from <= LONGEST ? kept(text, from, to) : ids(text, from, to), ids, at);
  }

  private int putShort(long word, char[] text, int from, int to, int[] ids, int at) {
    int place = 2 * place(word, SHORT_PLACES_LOG2);
    if (numbers[place] != word) {
      numbers[place + 1] = packed(ids(text, from, to));
      numbers[place] = word;
    }
    if (numbers[place + 1] == MANY) {
      return copy(kept(text, from, to), ids, at);
    }
    int next = at;
    for (long rest = numbers[place + 1]; rest != 0; rest >>>= ID_BITS) {
      ids[next++] = (int) (rest & ((1 << ID_BITS) - 1)) - 1;
    }
    return next;
  }

  /** A few ids as one number; {@link #MANY} if they are too many or too large. */
  private static long packed(int[] ids) {
    long packed = 0;
    for (int i = Math.min(ids.length, FEW + 1) - 1; i >= 0; i--) {
      if (ids.length > FEW || ids[i] + 1 >= (1 << ID_BITS)) {
        return MANY;
      }
      packed = (packed << ID_BITS) | (ids[i] + 1);
    }
    return packed;
  }

  private int[] kept(char[] text, int from, int to) {
    long hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    int place = place(hash, PLACES_LOG2);
    char[] word = words[place];
    if (word == null || !Arrays.equals(word, 0, word.length, text, from, to)) {
      words[place] = Arrays.copyOfRange(text, from, to);
      tokens[place] = ids(text, from, to);
    }
    return tokens[place];
  }

  /** The highest bits of a product depend on all bits of its factors. */
  private static int place(long hash, int log2) {
    return (int) ((hash * 0x9E3779B97F4A7C15L) >>> (Long.SIZE - log2));
  }

  private int[] ids(char[] text, int from, int to) {
    return find.apply(new String(text, from, to - from));
  }

  private static int copy(int[] own, int[] ids, int at) {
    System.arraycopy(own, 0, ids, at, own.length);
    return at + own.length;
  }
}
