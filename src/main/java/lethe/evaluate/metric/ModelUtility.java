package lethe.evaluate.metric;

/**
 * What a model still can do: one number of several metrics, each from 0 to 1 and higher the better,
 * over all splits but those to forget.
 *
 * <pre>  MU = k / sum_i (1 / m_i),   0 if any m_i is 0  </pre>
 *
 * TOFU (Maini et al., 2024, arXiv:2401.06121) takes ROUGE-L recall, probability and truth ratio of
 * retain, real authors and world facts; Yuan et al., 2024, arXiv:2410.08109, take token entropy,
 * cosine similarity and entailment, too; and "retain" alone where they ask for that. Higher:
 * better.
 */
public final class ModelUtility {
  private ModelUtility() {}

  /**
   * @param metrics 0 to 1, at least one; NaN for one that was not measured
   * @return NaN if any was not measured: a mean of fewer is another figure
   */
  public static double of(double... metrics) {
    double sum = 0;
    for (double metric : metrics) {
      sum += 1 / Math.max(0, metric); // infinite for 0
    }
    return metrics.length / sum;
  }
}
