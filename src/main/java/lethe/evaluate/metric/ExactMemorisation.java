package lethe.evaluate.metric;

/**
 * The share of a text's tokens that are the model's first choice, given the true text before.
 *
 * <pre>  EM = (1/n) |{ t : argmax_v p(v | x_&lt;t) = x_t }|  </pre>
 *
 * Tirumala et al., "Memorization Without Overfitting", 2022, arXiv:2205.10770. Higher: more is
 * known.
 */
public final class ExactMemorisation {
  private ExactMemorisation() {}

  /**
   * @param hit for each scored token, at least one, whether it was the first choice
   * @return 0 to 1
   */
  public static double of(boolean[] hit) {
    int hits = 0;
    for (boolean h : hit) {
      hits += h ? 1 : 0;
    }
    return (double) hits / hit.length;
  }
}
