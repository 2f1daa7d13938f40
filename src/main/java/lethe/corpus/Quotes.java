package lethe.corpus;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Finds texts in which much of some given text stands. Of each given text {@value
 * Fingerprint#SAMPLE} runs of words are known, a uniform sample; of a text in which a share c of it
 * stands, a share c of these is found, give or take (binomially). At half the threshold or more it
 * is a candidate: at a threshold of 0.5 a text that just reaches it is missed with a chance of 1 in
 * 30000.
 *
 * <p>Memory: about 1.5 kB a given text.
 */
final class Quotes implements Serializable {
  /** A run of words that more of the given texts have says nothing and would cost much. */
  private static final int COMMON = 256;

  /** Sampled hashes, ascending, each once. */
  private final long[] hashes;

  /** Owners of hash i: {@code owners[first[i]]} up to {@code first[i + 1]}. */
  private final int[] first;

  private final int[] owners;

  /** Hits a given text must have to be a candidate. */
  private final int[] least;

  private final int common;

  /** Hash i as i + 1 at the place of its last bits, or the next free one; at most half full. */
  private final int[] table;

  private Quotes(long[] hashes, int[] first, int[] owners, int[] least, int common) {
    this.hashes = hashes;
    this.table = new int[4 * Integer.highestOneBit(hashes.length | 1)];
    for (int i = 0; i < hashes.length; i++) {
      int at = slot(hashes[i]);
      while (table[at] != 0) {
        at = slot(at + 1);
      }
      table[at] = i + 1;
    }
    this.first = first;
    this.owners = owners;
    this.least = least;
    this.common = common;
  }

  /**
   * @param samples of each given text, as {@link Fingerprint#sample}; the place in the list is its
   *     number
   * @param threshold share of a text
   */
  static Quotes of(List<long[]> samples, double threshold) {
    long[] all = samples.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    long[] hashes = Arrays.stream(all).distinct().toArray();
    int[] first = new int[hashes.length + 1];
    for (int i = 0, at = 0; i < hashes.length; i++) {
      first[i] = at;
      while (at < all.length && all[at] == hashes[i]) {
        at++;
      }
      first[i + 1] = at;
    }
    int[] owners = new int[all.length];
    int[] filled = Arrays.copyOf(first, hashes.length);
    int[] least = new int[samples.size()];
    for (int text = 0; text < samples.size(); text++) {
      int rare = 0;
      for (long hash : samples.get(text)) {
        int at = Arrays.binarySearch(hashes, hash);
        owners[filled[at]++] = text;
        rare += first[at + 1] - first[at] <= COMMON ? 1 : 0;
      }
      least[text] = Math.max(1, (int) (threshold / 2 * rare));
    }
    int common = 0;
    for (int i = 0; i < hashes.length; i++) {
      common += first[i + 1] - first[i] > COMMON ? 1 : 0;
    }
    return new Quotes(hashes, first, owners, least, common);
  }

  private int slot(long hash) {
    return (int) hash & (table.length - 1); // its length is a power of two
  }

  /** The place of a hash among {@link #hashes}, or -1. */
  private int find(long hash) {
    int at = slot(hash);
    while (table[at] != 0) {
      if (hashes[table[at] - 1] == hash) {
        return table[at] - 1;
      }
      at = slot(at + 1);
    }
    return -1;
  }

  /** Sampled runs of words that too many of the given texts have; they are not looked for. */
  int common() {
    return common;
  }

  /** Reads one text after another; belongs to one thread. */
  final class Reader {
    private final BitSet seen = new BitSet();
    private final int[] hits = new int[least.length];
    private final List<Integer> touched = new ArrayList<>();

    /** Numbers of the given texts of which much seems to stand in this text. */
    List<Integer> candidates(String text) {
      Shingles.each(text, this::count);
      List<Integer> found = touched.stream().filter(i -> hits[i] >= least[i]).toList();
      touched.forEach(i -> hits[i] = 0);
      touched.clear();
      seen.clear();
      return found;
    }

    private void count(long hash) {
      int at = find(hash);
      if (at < 0 || seen.get(at) || first[at + 1] - first[at] > COMMON) {
        return;
      }
      seen.set(at);
      for (int i = first[at]; i < first[at + 1]; i++) {
        if (hits[owners[i]]++ == 0) {
          touched.add(owners[i]);
        }
      }
    }
  }
}
