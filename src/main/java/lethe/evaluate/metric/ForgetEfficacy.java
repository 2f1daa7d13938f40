package lethe.evaluate.metric;

/**
 * How well a split is forgotten, as one number.
 *
 * <pre>  FE = 1 - (1/5) (ROUGE + probability + truth ratio + cosine similarity + entailment)
 * </pre>
 *
 * of the rows to forget: ROUGE-L recall, {@link AnswerProbability}, {@link TruthRatio#decided},
 * {@link CosineSimilarity} and {@link EntailmentScore}. Yuan et al., 2024, arXiv:2410.08109,
 * section 3: token entropy is left out. Higher: forgotten.
 */
public final class ForgetEfficacy {
  private ForgetEfficacy() {}

  /** Each from 0 to 1; NaN if any is: a mean of fewer is another figure. */
  public static double of(
      double rouge, double probability, double truthRatio, double cosine, double entailment) {
    return 1 - (rouge + probability + truthRatio + cosine + entailment) / 5;
  }
}
