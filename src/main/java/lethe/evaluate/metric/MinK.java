package lethe.evaluate.metric;

import java.util.Arrays;
import java.util.List;

/**
 * Membership scores from a text's least likely tokens: a text that was trained on has few that
 * surprise the model. The higher, the more likely a member.
 *
 * <pre>
 *   Min-K%    (1/k) sum of the k least s_t,   s_t = log p(x_t | x_&lt;t)
 *   Min-K%++  the same,                       s_t = (log p(x_t | x_&lt;t) - mu_t) / sigma_t
 *   k = max(1, floor(K n / 100))
 * </pre>
 *
 * where mu_t and sigma_t are the mean and standard deviation of log p(v | x_&lt;t), v drawn from p.
 * Min-K% at 100 is the mean log-likelihood. Shi et al., "Detecting Pretraining Data from Large
 * Language Models", 2023, arXiv:2310.16789, equation 1; Zhang et al., "Min-K%++", 2024,
 * arXiv:2404.02936, equations 3 and 4. Differences here: at least one token counts, where the
 * published code leaves a chunk out; and sigma is at least 1e-4, since it is 0 where a model is
 * certain.
 */
public final class MinK {
  /** Shares of the tokens, per cent. */
  public static final List<Integer> PERCENTS = List.of(10, 20, 30, 40, 50, 60, 70, 80, 90, 100);

  private static final double LEAST_DEVIATION = 1e-4;

  private MinK() {}

  /** Min-K% of a chunk, one value per share of {@link #PERCENTS}. */
  public static double[] plain(TokenScores scores) {
    double[] s = new double[scores.tokens()];
    for (int t = 0; t < s.length; t++) {
      s[t] = -scores.nll()[t];
    }
    return leastMeans(s);
  }

  /** Min-K%++ of a chunk, one value per share of {@link #PERCENTS}. */
  public static double[] plusPlus(TokenScores scores) {
    double[] s = new double[scores.tokens()];
    for (int t = 0; t < s.length; t++) {
      double sigma = Math.max(LEAST_DEVIATION, scores.deviation()[t]);
      s[t] = (-(double) scores.nll()[t] - scores.mean()[t]) / sigma;
    }
    return leastMeans(s);
  }

  /**
   * The share of the same tokens that were the model's first choice, one value per share of {@link
   * #PERCENTS}; of equally likely ones the first count.
   */
  public static double[] accuracy(TokenScores scores) {
    long[] order = new long[scores.tokens()]; // by loss, the highest first, then by place
    for (int t = 0; t < order.length; t++) {
      int bits = Float.floatToIntBits(-scores.nll()[t]);
      order[t] = ((long) (bits ^ ((bits >> 31) & Integer.MAX_VALUE)) << 32) | t;
    }
    Arrays.sort(order);
    double[] hits = new double[order.length];
    for (int i = 0; i < hits.length; i++) {
      hits[i] = scores.hit()[(int) order[i]] ? 1 : 0;
    }
    return firstMeans(hits);
  }

  private static double[] leastMeans(double[] values) {
    Arrays.sort(values);
    return firstMeans(values);
  }

  private static double[] firstMeans(double[] values) {
    double[] means = new double[PERCENTS.size()];
    double sum = 0;
    int taken = 0;
    for (int i = 0; i < PERCENTS.size(); i++) {
      int k = Math.max(1, (int) ((long) PERCENTS.get(i) * values.length / 100));
      for (; taken < k; taken++) {
        sum += values[taken];
      }
      means[i] = sum / k;
    }
    return means;
  }
}
