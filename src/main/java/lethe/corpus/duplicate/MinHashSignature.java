package lethe.corpus.duplicate;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongConsumer;
import lethe.random.SplitMix64;

/**
 * What is kept of a text to find its near copies: a MinHash signature as one value a band, and the
 * {@value #SAMPLE_RUNS} runs of words with the smallest hashes, which are a uniform sample of all.
 */
public final class MinHashSignature implements LongConsumer {
  /** Runs of words in a sample. */
  static final int SAMPLE_RUNS = 64;

  /** Of the words in order, see {@link Shingles#digest}. */
  final byte[] digest;

  private final MinHashBands bands;
  private final long[] minima = new long[MinHashBands.VALUES];

  /** Ascending, each once. */
  private final long[] smallest = new long[SAMPLE_RUNS];

  private int kept;

  /** Value i of the signature is the smallest FACTORS[i] h + TERMS[i] over all hashes h. */
  private static final long[] FACTORS = new long[MinHashBands.VALUES];

  private static final long[] TERMS = new long[MinHashBands.VALUES];

  static {
    for (int i = 0; i < MinHashBands.VALUES; i++) {
      FACTORS[i] = SplitMix64.mix(2L * i + 1) | 1;
      TERMS[i] = SplitMix64.mix(2L * i + 2);
    }
  }

  public MinHashSignature(String text, MinHashBands bands) {
    this.bands = bands;
    Arrays.fill(minima, Long.MAX_VALUE);
    digest = Shingles.digest(text, this);
  }

  @Override
  public void accept(long hash) {
    for (int i = 0; i < MinHashBands.VALUES; i++) {
      minima[i] = Math.min(minima[i], FACTORS[i] * hash + TERMS[i]);
    }
    if (kept < SAMPLE_RUNS || hash < smallest[SAMPLE_RUNS - 1]) {
      keep(hash);
    }
  }

  private void keep(long hash) {
    int at = Arrays.binarySearch(smallest, 0, kept, hash);
    if (at < 0) {
      int place = -at - 1;
      kept = Math.min(kept + 1, SAMPLE_RUNS);
      System.arraycopy(smallest, place, smallest, place + 1, kept - place - 1);
      smallest[place] = hash;
    }
  }

  /**
   * A value a band, and last one for the whole text; texts that share one at the same place are
   * candidates. A text without words has the last alone.
   */
  public long[] buckets() {
    int count = kept == 0 ? 0 : bands.count();
    long[] buckets = new long[count + 1];
    for (int band = 0; band < count; band++) {
      long value = 0;
      for (int row = 0; row < bands.rows(); row++) {
        value = SplitMix64.mix(value * 31 + minima[band * bands.rows() + row]);
      }
      buckets[band] = value;
    }
    buckets[count] = ByteBuffer.wrap(digest).getLong();
    return buckets;
  }

  /** The smallest hashes, each once, ascending. */
  public long[] sample() {
    return Arrays.copyOf(smallest, kept);
  }
}
