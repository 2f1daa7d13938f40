package lethe.evaluate.metric;

/**
 * How likely wrong answers are beside the right one in other words.
 *
 * <pre>
 *   R = P_w / P_c
 *   P_w = exp(-mean over wrong answers of l)    P_c = exp(-l of the right one, paraphrased)
 * </pre>
 *
 * with l the mean negative log-likelihood of an answer's tokens. Maini et al., "TOFU", 2024,
 * arXiv:2401.06121, equation 1. Where a row has no paraphrase, as those of real authors and world
 * facts, the right answer itself counts. The forms by which a split is summed up, each a mean over
 * its rows:
 *
 * <pre>
 *   kept       max(0, 1 - R)      higher: right answers are preferred
 *   undecided  min(R, 1 / R)      TOFU's for rows to forget. Higher: neither is preferred
 *   decided    1 - min(R, 1 / R)  the second paper's for rows to forget. Lower: neither is preferred
 *   share      P_c / (P_c + P_w) = 1 / (1 + R)      higher: right answers are preferred
 * </pre>
 *
 * @param ratio R, above 0; infinite where the right answer is hopeless
 */
public record TruthRatio(double ratio) {
  /**
   * @param right loss of the right answer, nats per token
   * @param wrong losses of the wrong ones, at least one
   */
  public static TruthRatio of(double right, double[] wrong) {
    double sum = 0;
    for (double loss : wrong) {
      sum += loss;
    }
    return new TruthRatio(Math.exp(right - sum / wrong.length));
  }

  public double kept() {
    return Math.max(0, 1 - ratio);
  }

  public double undecided() {
    return Math.min(ratio, 1 / ratio);
  }

  public double decided() {
    return 1 - undecided();
  }

  public double share() {
    return 1 / (1 + ratio);
  }
}
