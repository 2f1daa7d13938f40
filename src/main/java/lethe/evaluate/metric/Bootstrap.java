package lethe.evaluate.metric;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.apache.commons.math3.stat.descriptive.rank.Percentile.EstimationType;

/**
 * Percentile bootstrap: draws as many items as there are, with replacement, many times, and takes
 * the percentiles of a figure of them, linear between the two nearest draws (R-7 of Hyndman and
 * Fan, 1996). Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. Items are
 * documents: the chunks of one document resemble each other, so intervals over chunks would be too
 * narrow.
 */
public final class Bootstrap {
  /** Enough for the 2.5th percentile to rest on 25 draws. */
  private static final int DRAWS = 1000;

  private Bootstrap() {}

  /**
   * The interval of a figure of weighted items.
   *
   * @param items how many there are, at least 1
   * @param seed the same seed draws the same items
   * @param figure of the items, given how often each was drawn
   * @return null when a draw's figure is not a finite number
   */
  public static Interval interval(int items, long seed, ToDoubleFunction<int[]> figure) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] figures = new double[DRAWS];
    int[] times = new int[items];
    for (int d = 0; d < DRAWS; d++) {
      Arrays.fill(times, 0);
      for (int i = 0; i < items; i++) {
        times[random.nextInt(0, items)]++;
      }
      figures[d] = figure.applyAsDouble(times);
      if (!Double.isFinite(figures[d])) {
        return null;
      }
    }
    return percentiles(figures);
  }

  /** The middle 95 % of some figures. */
  private static Interval percentiles(double[] figures) {
    Percentile linear = new Percentile().withEstimationType(EstimationType.R_7);
    linear.setData(figures);
    return new Interval(linear.evaluate(2.5), linear.evaluate(97.5));
  }
}
