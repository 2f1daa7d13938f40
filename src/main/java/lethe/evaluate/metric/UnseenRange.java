package lethe.evaluate.metric;

import java.util.Arrays;
import java.util.List;

/**
 * Where the scores of unseen chunks lie but for 2.5 % of them at either end; of fewer than forty,
 * all. Of chunks that are like the unseen ones about 95 % are inside.
 *
 * @param low the lowest score that is inside
 * @param high the highest
 */
public record UnseenRange(double low, double high) {
  private static final int ONE_IN = 40;

  /**
   * @param unseen scores of chunks, at least one
   */
  public static UnseenRange of(double[] unseen) {
    double[] sorted = unseen.clone();
    Arrays.sort(sorted); // NaN last
    int outside = sorted.length / ONE_IN;
    return new UnseenRange(sorted[outside], sorted[sorted.length - 1 - outside]);
  }

  /** How many of some scores are inside; what is not a number is not. */
  public long inside(List<double[]> documents) {
    return documents.stream()
        .flatMapToDouble(Arrays::stream)
        .filter(score -> score >= low && score <= high)
        .count();
  }
}
