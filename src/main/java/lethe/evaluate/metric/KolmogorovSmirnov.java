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
 * Smirnov, 1948. Below {@value #EXACT} pairs of values p is exact for samples without equal values,
 * and with some it is an upper bound; from there on it is the limit for large samples. Chunks of
 * one document resemble each other, so p is smaller than it should be.
 *
 * @param distance D, 0 to 1
 * @param p 0 to 1
 */
public record KolmogorovSmirnov(double distance, double p) {
  /** The bound of commons-math's own test, which is not called: it breaks ties by random noise. */
  private static final long EXACT = 10_000;

  /**
   * @param a a sample, at least one value
   * @param b another, at least one value
   */
  public static KolmogorovSmirnov of(double[] a, double[] b) {
    KolmogorovSmirnovTest test = new KolmogorovSmirnovTest();
    double distance = test.kolmogorovSmirnovStatistic(atLeastTwo(a), atLeastTwo(b));
    double p =
        (long) a.length * b.length < EXACT
            ? test.exactP(distance, a.length, b.length, false)
            : test.approximateP(distance, a.length, b.length);
    return new KolmogorovSmirnov(distance, Math.max(0, p)); // one minus a sum that rounds above one
  }

  /** commons-math refuses a sole value; the same value twice is distributed alike. */
  private static double[] atLeastTwo(double[] sample) {
    return sample.length == 1 ? new double[] {sample[0], sample[0]} : sample;
  }
}
