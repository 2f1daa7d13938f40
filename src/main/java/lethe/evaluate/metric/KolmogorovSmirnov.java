package lethe.evaluate.metric;

import java.util.Arrays;

/**
 * How far two samples' distributions are apart, and how likely so far a distance is when both come
 * from one.
 *
 * <pre>
 *   D = sup_x |F_a(x) - F_b(x)|
 *   p = 2 sum_{j>=1} (-1)^(j-1) exp(-2 j^2 l^2),   l = (sqrt(n) + 0.12 + 0.11 / sqrt(n)) D,   n = n_a n_b / (n_a + n_b)
 * </pre>
 *
 * Smirnov, 1948; the small-sample correction is Stephens', 1970, as in Numerical Recipes, section
 * 14.3. Chunks of one document resemble each other, so p is smaller than it should be.
 *
 * @param distance D, 0 to 1
 * @param p 0 to 1
 */
public record KolmogorovSmirnov(double distance, double p) {

  /**
   * @param a a sample, at least one value
   * @param b another, at least one value
   */
  public static KolmogorovSmirnov of(double[] a, double[] b) {
    double[] left = a.clone();
    double[] right = b.clone();
    Arrays.sort(left);
    Arrays.sort(right);
    int i = 0;
    int j = 0;
    double distance = 0;
    while (i < left.length && j < right.length) {
      double x = Double.compare(left[i], right[j]) <= 0 ? left[i] : right[j];
      while (i < left.length && Double.compare(left[i], x) <= 0) {
        i++;
      }
      while (j < right.length && Double.compare(right[j], x) <= 0) {
        j++;
      }
      distance = Math.max(distance, Math.abs((double) i / left.length - (double) j / right.length));
    }
    double n = (double) left.length * right.length / (left.length + right.length);
    return new KolmogorovSmirnov(
        distance, probability((Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance));
  }

  private static double probability(double lambda) {
    if (lambda < 0.2) {
      return 1; // the series converges too slowly to say so itself
    }
    double sum = 0;
    for (int j = 1; j <= 100; j++) {
      sum += (j % 2 == 1 ? 2 : -2) * Math.exp(-2.0 * j * j * lambda * lambda);
    }
    return Math.max(0, Math.min(1, sum));
  }
}
