package lethe.evaluate.metric;

/**
 * Whether a model answers about what it forgot like one that never knew it.
 *
 * <pre>  FQ = p of the two-sample Kolmogorov-Smirnov test of the truth ratios of both  </pre>
 *
 * over the rows to forget ({@link TruthRatio}, {@link KolmogorovSmirnov}); the test depends on the
 * order of the values alone, so any increasing or decreasing form of the ratio gives the same.
 * Maini et al., "TOFU", 2024, arXiv:2401.06121, section 2.2.3. Higher: the two cannot be told
 * apart; below 0.05 they are different.
 */
public final class ForgetQuality {
  private ForgetQuality() {}

  /**
   * @param unlearned truth ratios of the unlearned model, at least one
   * @param retrained those of the model that was trained without the rows
   * @return 0 to 1
   */
  public static double of(double[] unlearned, double[] retrained) {
    return KolmogorovSmirnov.of(unlearned, retrained).p();
  }
}
