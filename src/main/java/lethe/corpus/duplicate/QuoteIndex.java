package lethe.corpus.duplicate;

import java.io.Serializable;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Finds texts that contain much of some given text. Of each given text {@value
 * MinHashSignature#SAMPLE_RUNS} runs of words are known, a uniform sample; of a text in which a
 * share c of it occurs, a share c of these is found, give or take (binomially). At half the
 * threshold or more it is a candidate: at a threshold of 0.5 a text that just reaches it is missed
 * with a chance of 1 in 30000.
 *
 * <p>Memory: about 1.5 kB per given text.
 */
public final class QuoteIndex implements Serializable {
  /** Sampled runs of all given texts. */
  private final WordRuns runs;

  /** Hits a given text must have to be a candidate. */
  private final int[] least;

  private QuoteIndex(WordRuns runs, int[] least) {
    this.runs = runs;
    this.least = least;
  }

  /**
   * @param samples of each given text, as {@link MinHashSignature#sample}; the place in the list is
   *     its number
   * @param threshold share of a text
   */
  public static QuoteIndex of(List<long[]> samples, double threshold) {
    WordRuns runs = new WordRuns(samples);
    int[] least = new int[samples.size()];
    for (int text = 0; text < samples.size(); text++) {
      int rare = 0;
      for (long hash : samples.get(text)) {
        rare += runs.common(runs.find(hash)) ? 0 : 1;
      }
      least[text] = least(threshold, rare);
    }
    return new QuoteIndex(runs, least);
  }

  /** Hits in a sample at half the threshold. */
  static int least(double threshold, int sample) {
    return Math.max(1, (int) (threshold / 2 * sample));
  }

  /** Sampled runs of words that too many of the given texts have; they are not looked for. */
  public int common() {
    return runs.common();
  }

  /** Reads one text after another; belongs to one thread. */
  public final class Reader {
    private final BitSet seen = new BitSet();
    private final WordRuns.Hits hits = runs.new Hits(least.length);

    /** Numbers of the given texts of which this text seems to contain much. */
    public List<Integer> candidates(String text) {
      Shingles.each(text, this::count);
      List<Integer> found =
          Arrays.stream(hits.texts()).filter(i -> hits.of(i) >= least[i]).boxed().toList();
      hits.clear();
      seen.clear();
      return found;
    }

    private void count(long hash) {
      int at = runs.find(hash);
      if (at < 0 || seen.get(at) || runs.common(at)) {
        return;
      }
      seen.set(at);
      hits.add(at);
    }
  }
}
