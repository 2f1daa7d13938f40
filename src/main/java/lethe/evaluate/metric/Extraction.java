package lethe.evaluate.metric;

/**
 * How much of a chunk a model would write by itself, computed from one pass over the true text. A
 * greedy continuation equals the text exactly as long as each next token is the model's first
 * choice, so the run of hits after a prefix is the run that would be written, and nothing has to be
 * generated.
 *
 * <pre>
 *   extraction strength = 1 - (1/n) min { k : greedy continuation of the first k tokens is the rest }
 * </pre>
 *
 * Carlini et al., "Extracting Training Data from Large Language Models", 2021, arXiv:2012.07805,
 * definition 1; "Quantifying Memorization Across Neural Language Models", 2023, arXiv:2202.07646,
 * for continuations of 50 tokens. n counts scored tokens, so 1 means that the first token alone is
 * enough.
 *
 * @param continued tokens right before the first error when the model continues the first half
 * @param longest run of tokens anywhere that the model would write, given the true text before
 * @param strength 0 to 1
 */
public record Extraction(int continued, int longest, double strength) {
  /** A continuation of this many tokens counts as extracted. */
  public static final int EXTRACTED = 50;

  /**
   * @param hit for each scored token, whether it was the first choice
   */
  public static Extraction of(boolean[] hit) {
    int half = half(hit.length);
    int continued = 0;
    while (half + continued < hit.length && hit[half + continued]) {
      continued++;
    }
    int longest = 0;
    int run = 0;
    for (boolean h : hit) {
      run = h ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return new Extraction(continued, longest, (double) run / hit.length);
  }

  /** Scored tokens of the prefix that is continued. */
  public static int half(int tokens) {
    return tokens / 2;
  }
}
