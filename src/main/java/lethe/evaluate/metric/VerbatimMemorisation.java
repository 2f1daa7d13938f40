package lethe.evaluate.metric;

/**
 * How much of what follows a text's beginning a model writes.
 *
 * <pre>  VerbMem = ROUGE-L F1 of the next 128 tokens that the model writes and those of the text
 * </pre>
 *
 * greedily, as texts ({@link Rouge}); a split's value is 100 times the mean. Shi et al., "MUSE",
 * 2024, arXiv:2407.06460, section 3.1. Higher: still known by heart.
 */
public final class VerbatimMemorisation {
  /** Tokens that are written. */
  public static final int TOKENS = 128;

  private VerbatimMemorisation() {}

  /**
   * @param truth what follows in the text
   * @param written by the model
   */
  public static double of(String truth, String written) {
    return Rouge.longest(truth, written).f1();
  }
}
