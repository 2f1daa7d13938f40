package lethe.evaluate.metric;

/**
 * Whether one text follows from another, by a classifier of such pairs.
 *
 * <pre>  ES = 1 if the likeliest label is "entailment" and ROUGE-L recall >= 0.1, else 0  </pre>
 *
 * Yuan et al., 2024, arXiv:2410.08109, section 3; the bound on ROUGE-L is their published code's,
 * since classifiers take empty and garbled texts for entailed. Premise and hypothesis are the truth
 * and the answer for rows to retain, and the answer and the truth for rows to forget. Higher: what
 * is said agrees with the truth.
 */
public final class EntailmentScore {
  /** The label that counts, in the classifier's own names. */
  public static final String ENTAILMENT = "entailment";

  private static final double LEAST_RECALL = 0.1;

  private EntailmentScore() {}

  /**
   * @param label the likeliest of the pair
   * @param rougeLRecall of the answer against the truth
   */
  public static double of(String label, double rougeLRecall) {
    return ENTAILMENT.equalsIgnoreCase(label) && rougeLRecall >= LEAST_RECALL ? 1 : 0;
  }
}
