package lethe.corpus.duplicate;

import java.io.Serializable;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import lethe.random.SplitMix64;

/**
 * Finds texts that may be near copies of some given text, because the two share a bucket: the
 * MinHash values of a band ({@link MinHashSignature#buckets}).
 *
 * <p>Memory: about 30 bytes a band of each given text.
 */
final class BucketIndex implements Serializable {
  /**
   * The most given texts of a bucket that each other one is compared with, so that work grows with
   * the number of texts and never with its square.
   */
  static final int MOST = 64;

  private final WordRuns buckets;
  private final int texts;

  private BucketIndex(WordRuns buckets, int texts) {
    this.buckets = buckets;
    this.texts = texts;
  }

  /**
   * @param given buckets of each text, in the order of the bands; the place in the list is its
   *     number, and of those in a full bucket the first ones count
   */
  static BucketIndex of(List<List<Long>> given) {
    return new BucketIndex(
        new WordRuns(given.stream().map(BucketIndex::hashes).toList()), given.size());
  }

  /** The same value in two bands is not the same bucket. */
  private static long[] hashes(List<Long> values) {
    return IntStream.range(0, values.size())
        .mapToLong(band -> SplitMix64.mix(values.get(band) ^ SplitMix64.mix(band + 1)))
        .distinct()
        .toArray();
  }

  /** Buckets with more texts than are compared. */
  int hot() {
    return buckets.with(MOST + 1);
  }

  /** Looks at one text after another; belongs to one thread. */
  final class Reader {
    private final BitSet found = new BitSet(texts);

    /**
     * Numbers of the given texts that share a bucket with this one, each once.
     *
     * @param values its buckets, in the order of the bands
     */
    List<Integer> candidates(List<Long> values) {
      found.clear();
      for (long hash : hashes(values)) {
        int place = buckets.find(hash);
        if (place >= 0) {
          buckets.owners(place).limit(MOST).forEach(found::set);
        }
      }
      return found.stream().boxed().toList();
    }
  }
}
