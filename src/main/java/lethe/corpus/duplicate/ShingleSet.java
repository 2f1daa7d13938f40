package lethe.corpus.duplicate;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;

/** The set of a text's runs of words, to be compared exactly: hashes ascending, each once. */
public final class ShingleSet {
  private static final int MOST_AT_FIRST = 1 << 20;

  private long[] hashes;
  private int size;

  public ShingleSet(String text) {
    // Few texts have more words than a quarter of their characters.
    hashes = new long[Math.min(text.length() / 4 + Shingles.WORDS, MOST_AT_FIRST)];
    Shingles.each(text, this::add);
    Arrays.sort(hashes, 0, size);
    size = distinct(hashes, size);
  }

  private void add(long hash) {
    if (size == hashes.length) {
      // Copies are squeezed out before room is made: a repetitive text stays small.
      Arrays.sort(hashes, 0, size);
      size = distinct(hashes, size);
      if (size > hashes.length / 2) {
        hashes = Arrays.copyOf(hashes, Math.multiplyExact(hashes.length, 2));
      }
    }
    hashes[size++] = hash;
  }

  private static int distinct(long[] sorted, int size) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (kept == 0 || sorted[i] != sorted[kept - 1]) {
        sorted[kept++] = sorted[i];
      }
    }
    return kept;
  }

  /** Big-endian hashes, for {@link #common}. */
  public byte[] bytes() {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(size, Long.BYTES));
    bytes.asLongBuffer().put(hashes, 0, size);
    return bytes.array();
  }

  /** The hashes of a set, as {@link #bytes}. */
  public static long[] hashes(byte[] set) {
    long[] hashes = new long[set.length / Long.BYTES];
    ByteBuffer.wrap(set).asLongBuffer().get(hashes);
    return hashes;
  }

  /** How many hashes two sets, as {@link #bytes}, have in common. */
  static int common(byte[] a, byte[] b) {
    LongBuffer left = ByteBuffer.wrap(a).asLongBuffer();
    LongBuffer right = ByteBuffer.wrap(b).asLongBuffer();
    int common = 0;
    for (int i = 0, j = 0; i < left.limit() && j < right.limit(); ) {
      int order = Long.compare(left.get(i), right.get(j));
      common += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return common;
  }
}
