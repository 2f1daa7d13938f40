package lethe.evaluate.metric;

import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * The interval of a figure that is a sum of ratios over documents, whose documents were drawn from
 * strata independently of each other. With the residuals of the figure, linearised (Cochran,
 * "Sampling Techniques", 1977, sections 6.3 and 6.11),
 *
 * <pre>
 *   e_i = (S_i - c_h T_i) / T_h * u_h         of document i of stratum h, T_h = sum_i T_i
 *   V_h = n / (n - 1) sum (e - mean e)^2      of a stratum of n documents
 *   D +- t(0.975, v) sqrt(sum V_h),   v = (sum V_h)^2 / sum (V_h^2 / (n - 1))
 * </pre>
 *
 * with Student's t and Welch's and Satterthwaite's degrees of freedom, so that few documents make
 * the interval as wide as they should, which a bootstrap of few does not. A stratum of one document
 * does not show how documents vary: it is assumed to vary like the stratum whose documents vary
 * most, V_h = u_h^2 s^2, where s^2 is the largest variance of documents' means S_i / T_i.
 */
public final class StratifiedInterval {
  private static final double UPPER = 0.975;

  /** More documents than anybody has. */
  private static final double MOST_TIMES = 1e6;

  /** Of a range of numbers of documents, until it is narrower than a thousandth of one. */
  private static final int HALVINGS = 40;

  private StratifiedInterval() {}

  /**
   * The documents of a stratum.
   *
   * @param sums S, of each document
   * @param tokens T, of each document
   * @param centre c, what the documents' means are compared with
   * @param share u, of the stratum in the figure
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Stratum(double[] sums, double[] tokens, double centre, double share) {
    private int documents() {
      return sums.length;
    }

    private double[] residuals() {
      double all = 0;
      for (double own : tokens) {
        all += own;
      }
      double[] residuals = new double[sums.length];
      for (int i = 0; i < sums.length; i++) {
        residuals[i] = (sums[i] - centre * tokens[i]) / all * share;
      }
      return residuals;
    }

    private double[] means() {
      double[] means = new double[sums.length];
      for (int i = 0; i < sums.length; i++) {
        means[i] = sums[i] / tokens[i];
      }
      return means;
    }
  }

  /** A stratum's part of the variance, and the documents it rests on. */
  private record Part(double variance, int documents) {}

  /**
   * @param figure D
   * @param strata of at least one document each
   * @return null where no stratum has two documents, or something is not finite
   */
  public static Interval of(double figure, List<Stratum> strata) {
    List<Part> parts = parts(strata);
    double half = half(parts, 1);
    return parts.isEmpty() || !Double.isFinite(half) || !Double.isFinite(figure)
        ? null
        : new Interval(figure - half, figure + half);
  }

  /**
   * How many times as many documents in every stratum would make half the interval's width no more
   * than a gap, if they varied as these do:
   *
   * <pre>
   *   the least k >= 1 with t(0.975, v_k) sqrt(sum V_h / k) at most the gap,  v_k of k n documents
   * </pre>
   *
   * @param strata as for the interval
   * @param gap units of the figure
   * @return nothing where there is no interval, or no number would do
   */
  public static Optional<Double> timesAsManyDocuments(List<Stratum> strata, double gap) {
    List<Part> parts = parts(strata);
    if (parts.isEmpty() || !(half(parts, MOST_TIMES) <= gap)) {
      return Optional.empty();
    }
    double least = 1;
    double most = 1;
    while (half(parts, most) > gap) {
      least = most;
      most *= 2;
    }
    for (int i = 0; i < HALVINGS && most > least; i++) {
      double middle = (least + most) / 2;
      if (half(parts, middle) > gap) {
        least = middle;
      } else {
        most = middle;
      }
    }
    return Optional.of(most);
  }

  /**
   * Half the interval's width.
   *
   * @param times as many documents in every stratum as there are
   */
  private static double half(List<Part> parts, double times) {
    double variance = 0;
    double squares = 0;
    for (Part part : parts) {
      variance += part.variance();
      squares += part.variance() * part.variance() / (times * part.documents() - 1);
    }
    if (variance == 0 || !Double.isFinite(variance)) {
      return variance;
    }
    return new TDistribution(variance * variance / squares).inverseCumulativeProbability(UPPER)
        * Math.sqrt(variance / times);
  }

  /** One per stratum; none where no stratum has two documents. */
  private static List<Part> parts(List<Stratum> strata) {
    Part widest = widest(strata);
    return widest == null
        ? List.of()
        : strata.stream().map(stratum -> part(stratum, widest)).toList();
  }

  private static Part part(Stratum stratum, Part widest) {
    int n = stratum.documents();
    return n == 1
        ? new Part(stratum.share() * stratum.share() * widest.variance(), widest.documents())
        : new Part(n * sampleVariance(stratum.residuals()), n);
  }

  /** The stratum whose documents' means vary most. */
  private static Part widest(List<Stratum> strata) {
    Part widest = null;
    for (Stratum stratum : strata) {
      if (stratum.documents() > 1) {
        double variance = sampleVariance(stratum.means());
        if (widest == null || !(variance <= widest.variance())) {
          widest = new Part(variance, stratum.documents());
        }
      }
    }
    return widest;
  }

  private static double sampleVariance(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    double mean = sum / values.length;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return squares / (values.length - 1);
  }
}
