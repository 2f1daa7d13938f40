package lethe.evaluate;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Percentile bootstrap: draws as many items as there are, with replacement, many times, and looks
 * where a figure of them falls. Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
 * chapter 13. Items are documents: the chunks of one document resemble each other, so intervals
 * over chunks would be too narrow.
 */
final class Bootstrap {
  /** Enough for the 2.5th percentile to rest on 25 draws. */
  static final int DRAWS = 1000;

  private Bootstrap() {}

  /**
   * The interval of a figure of weighted items.
   *
   * @param items how many there are, at least 1
   * @param seed the same seed draws the same items
   * @param figure of the items, given how often each was drawn
   * @return null when a draw's figure is not a finite number
   */
  static Interval interval(int items, long seed, ToDoubleFunction<int[]> figure) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] figures = new double[DRAWS];
    int[] times = new int[items];
    for (int d = 0; d < DRAWS; d++) {
      draw(random, times, 0, items);
      figures[d] = figure.applyAsDouble(times);
      if (!Double.isFinite(figures[d])) {
        return null;
      }
    }
    return percentiles(figures);
  }

  /** Draws items of a range as often as there are items in it. */
  static void draw(SplittableRandom random, int[] times, int from, int to) {
    Arrays.fill(times, from, to, 0);
    for (int i = from; i < to; i++) {
      times[random.nextInt(from, to)]++;
    }
  }

  /** The middle 95 % of some figures. */
  static Interval percentiles(double[] figures) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return new Interval(at(sorted, 0.025), at(sorted, 0.975));
  }

  /** Linear between the two nearest. */
  private static double at(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
