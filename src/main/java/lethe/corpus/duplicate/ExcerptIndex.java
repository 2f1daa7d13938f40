package lethe.corpus.duplicate;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/**
 * Finds texts of which some given text contains much: what {@link QuoteIndex} does, the other way
 * round. All runs of words of the given texts are known, and of the others a uniform sample of
 * {@value MinHashSignature#SAMPLE_RUNS}, so that none of them has to be read again. Of a text whose
 * share c occurs in a given one, a share c of the sample is found, give or take (binomially); at
 * half the threshold or more it is a candidate.
 *
 * @param runs of the given texts, which are numbered
 * @param texts how many those are
 * @param threshold share of a text
 */
public record ExcerptIndex(WordRuns runs, int texts, double threshold) implements Serializable {
  /** Runs of given texts, about 40 MB, that are known at a time. */
  static final int MOST_RUNS = 1 << 20;

  /**
   * @param sets of all runs of each given text; the place in the list is its number
   */
  public static ExcerptIndex of(List<long[]> sets, double threshold) {
    return new ExcerptIndex(new WordRuns(sets), sets.size(), threshold);
  }

  /** Looks at one sample after another; belongs to one thread. */
  public final class Reader {
    private final WordRuns.Hits hits = runs.new Hits(texts);

    /** Numbers of the given texts that seem to contain much of the sampled text. */
    public List<Integer> candidates(List<Long> sample) {
      int rare = sample.size();
      for (long hash : sample) {
        int at = runs.find(hash);
        if (at >= 0 && runs.common(at)) {
          rare--;
        } else if (at >= 0) {
          hits.add(at);
        }
      }
      int least = QuoteIndex.least(threshold, rare);
      List<Integer> found =
          Arrays.stream(hits.texts()).filter(i -> hits.of(i) >= least).boxed().toList();
      hits.clear();
      return found;
    }
  }
}
