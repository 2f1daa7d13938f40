package lethe.evaluate.metric;

/**
 * How near two texts are in meaning, by the vectors that a sentence encoder gives them.
 *
 * <pre>  CS = max(0, a . b / (|a| |b|))  </pre>
 *
 * Yuan et al., 2024, arXiv:2410.08109, section 3. A zero vector is near to nothing. Higher: the
 * same is said.
 */
public final class CosineSimilarity {
  private CosineSimilarity() {}

  /**
   * @param a a vector
   * @param b another one of the same length
   * @return 0 to 1
   */
  public static double of(float[] a, float[] b) {
    double product = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squareA += (double) a[i] * a[i];
      squareB += (double) b[i] * b[i];
    }
    double norms = Math.sqrt(squareA) * Math.sqrt(squareB);
    return norms == 0 ? 0 : Math.max(0, Math.min(1, product / norms));
  }
}
