package lethe.evaluate.metric;

/**
 * How much more, or less, an attack tells forgotten texts from unseen ones than it does with a
 * model that never saw them.
 *
 * <pre>  PrivLeak = 100 ((1 - AUC_u) - (1 - AUC_r)) / (1 - AUC_r)  </pre>
 *
 * AUC of Min-K% with K = 40, forgotten texts as members; u the unlearned, r the retrained model.
 * Shi et al., "MUSE", 2024, arXiv:2407.06460, equation 3, which counts unseen texts as members.
 * Nearest to 0 is best: below, the texts are still known; above, the model avoids them, which tells
 * them apart as well.
 */
public final class PrivacyLeakage {
  private PrivacyLeakage() {}

  /**
   * @param unlearned AUC with the unlearned model, 0 to 1
   * @param retrained AUC with the retrained model, 0 to less than 1; 0.5 where there is none
   */
  public static double of(double unlearned, double retrained) {
    return 100 * (retrained - unlearned) / (1 - retrained);
  }
}
