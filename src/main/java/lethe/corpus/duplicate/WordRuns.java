package lethe.corpus.duplicate;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Runs of words, as hashes, and which of some given texts have each. Memory: about 40 bytes a run.
 */
public final class WordRuns implements Serializable {
  /** A run of words that more of the given texts have is uninformative and expensive. */
  private static final int COMMON = 256;

  /** Ascending, each once. */
  private final long[] hashes;

  /** Owners of hash i: {@code owners[first[i]]} up to {@code first[i + 1]}. */
  private final int[] first;

  private final int[] owners;

  /** Hash i as i + 1 at the place of its last bits, or the next free one; at most half full. */
  private final int[] table;

  /**
   * @param texts each as hashes of its runs, each once; the place in the list is its number
   */
  WordRuns(List<long[]> texts) {
    long[] all = new long[texts.stream().mapToInt(text -> text.length).sum()];
    int size = 0;
    for (long[] text : texts) {
      System.arraycopy(text, 0, all, size, text.length);
      size += text.length;
    }
    Arrays.sort(all);
    int[] starts = new int[all.length + 1];
    int distinct = 0;
    for (int i = 0; i < all.length; i++) {
      if (i == 0 || all[i] != all[i - 1]) {
        starts[distinct++] = i;
      }
    }
    starts[distinct] = all.length;
    first = Arrays.copyOf(starts, distinct + 1);
    hashes = new long[distinct];
    table = new int[4 * Integer.highestOneBit(distinct | 1)];
    for (int i = 0; i < distinct; i++) {
      hashes[i] = all[first[i]];
      int at = slot(hashes[i]);
      while (table[at] != 0) {
        at = slot(at + 1);
      }
      table[at] = i + 1;
    }
    owners = new int[all.length];
    int[] filled = Arrays.copyOf(first, distinct);
    for (int text = 0; text < texts.size(); text++) {
      for (long hash : texts.get(text)) {
        owners[filled[find(hash)]++] = text;
      }
    }
  }

  private int slot(long hash) {
    return (int) hash & (table.length - 1); // its length is a power of two
  }

  /** The place of a hash among the runs, or -1. */
  int find(long hash) {
    int at = slot(hash);
    while (table[at] != 0) {
      if (hashes[table[at] - 1] == hash) {
        return table[at] - 1;
      }
      at = slot(at + 1);
    }
    return -1;
  }

  /** Whether so many texts have the run at this place that it is not looked for. */
  boolean common(int place) {
    return first[place + 1] - first[place] > COMMON;
  }

  /** How many runs are common. */
  int common() {
    return with(COMMON + 1);
  }

  /** How many runs so many texts have, or more. */
  int with(int texts) {
    int found = 0;
    for (int i = 0; i < hashes.length; i++) {
      found += first[i + 1] - first[i] >= texts ? 1 : 0;
    }
    return found;
  }

  /** The texts that have the run at a place, ascending. */
  IntStream owners(int place) {
    return Arrays.stream(owners, first[place], first[place + 1]);
  }

  /** Counts of how many runs each text has; belongs to one thread. */
  final class Hits {
    private final int[] hits;
    private final int[] touched;
    private int size;

    /**
     * @param texts how many there are
     */
    Hits(int texts) {
      hits = new int[texts];
      touched = new int[texts];
    }

    /** Counts the run at a place for each text that has it. */
    void add(int place) {
      for (int i = first[place]; i < first[place + 1]; i++) {
        if (hits[owners[i]]++ == 0) {
          touched[size++] = owners[i];
        }
      }
    }

    int of(int text) {
      return hits[text];
    }

    /** The texts that were counted for, in the order in which they were met. */
    int[] texts() {
      return Arrays.copyOf(touched, size);
    }

    void clear() {
      for (int i = 0; i < size; i++) {
        hits[touched[i]] = 0;
      }
      size = 0;
    }
  }
}
