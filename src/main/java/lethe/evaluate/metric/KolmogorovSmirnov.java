package lethe.evaluate.metric;

import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;

/**
 * How far two samples' distributions are apart, and how likely a distance at least as large is when
 * both come from one.
 *
 * <pre>
 *   D = sup_x |F_a(x) - F_b(x)|
 *   p = P(D_random >= D) when the n_a + n_b values are split at random into n_a and n_b of them
 * </pre>
 *
 * Smirnov, 1948. Up to {@value #EXACT} pairs of values p is exact for samples without equal values,
 * and with some it is an upper bound; beyond it is the limit for large samples. Chunks of one
 * document resemble each other, so p is smaller than it should be.
 *
 * <p>A random split is a path of n_a + n_b steps on a lattice. The chance B that a path to (i, j)
 * has been at a distance of D adds up without differences, so a small p has all its digits:
 *
 * <pre>
 *   B(i, j) = 1 where |i / n_a - j / n_b| >= D, else i / (i + j) B(i - 1, j) + j / (i + j) B(i, j - 1)
 * </pre>
 *
 * Hodges, "The significance probability of the Smirnov two-sample test", Arkiv for Matematik 3,
 * 1958.
 *
 * @param distance D, 0 to 1
 * @param p 0 to 1
 */
public record KolmogorovSmirnov(double distance, double p) {
  /** Some hundredths of a second. */
  private static final long EXACT = 10_000_000;

  /**
   * @param a a sample, at least one value
   * @param b another, at least one value
   */
  public static KolmogorovSmirnov of(double[] a, double[] b) {
    KolmogorovSmirnovTest test = new KolmogorovSmirnovTest();
    double distance = test.kolmogorovSmirnovStatistic(atLeastTwo(a), atLeastTwo(b));
    double p =
        (long) a.length * b.length <= EXACT
            ? exact(Math.round(distance * a.length * b.length), a.length, b.length)
            : test.approximateP(distance, a.length, b.length);
    return new KolmogorovSmirnov(distance, Math.max(0, p)); // one minus a sum that rounds above one
  }

  /**
   * @param steps D in units of 1 / (n_a n_b)
   */
  private static double exact(long steps, int a, int b) {
    double[] row = new double[b + 1];
    for (int i = 0; i <= a; i++) {
      for (int j = 0; j <= b; j++) {
        if (Math.abs((long) i * b - (long) j * a) >= steps) {
          row[j] = 1;
        } else if (i + j > 0) {
          double above = i == 0 ? 0 : i * row[j];
          double left = j == 0 ? 0 : j * row[j - 1];
          row[j] = (above + left) / (i + j);
        }
      }
    }
    return row[b];
  }

  /** commons-math refuses a sole value; the same value twice is distributed alike. */
  private static double[] atLeastTwo(double[] sample) {
    return sample.length == 1 ? new double[] {sample[0], sample[0]} : sample;
  }
}
