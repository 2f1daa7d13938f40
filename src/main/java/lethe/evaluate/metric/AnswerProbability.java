package lethe.evaluate.metric;

/**
 * How likely a model finds an answer, per token.
 *
 * <pre>
 *   p(a)            = exp(-l(a)),   l(a) = mean negative log-likelihood of the answer's tokens
 *   among options   = p(a) / (p(a) + sum_w p(w)),   w the wrong answers
 * </pre>
 *
 * The mean is over the answer's tokens and the one that ends it, so p is the geometric mean of
 * their probabilities. Maini et al., "TOFU", 2024, arXiv:2401.06121, section 2.2.2: the first for
 * rows to forget and to retain, the second for real authors and world facts. Higher: the answer is
 * known.
 */
public final class AnswerProbability {
  private AnswerProbability() {}

  /**
   * @param loss of the answer, nats per token
   */
  public static double of(double loss) {
    return Math.exp(-loss);
  }

  /**
   * @param loss of the right answer, nats per token
   * @param wrong losses of the wrong ones, at least one
   */
  public static double amongOptions(double loss, double[] wrong) {
    double others = 0;
    for (double other : wrong) {
      others += Math.exp(loss - other); // p(w) / p(a), which does not vanish where both are small
    }
    return 1 / (1 + others);
  }
}
