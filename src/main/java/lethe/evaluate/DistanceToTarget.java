package lethe.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.evaluate.metric.Interval;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * How far a model's forget loss is from its target, and how sure that is.
 *
 * <pre>
 *   D   = sum_i (S_i - a_d T_i) / T,    i over the documents to forget, d the domain of i, T = sum_i T_i
 *   a_d = sum_j S_j / sum_j T_j,        j over the approximate documents of d, scored by the original model
 * </pre>
 *
 * where S is a document's summed loss and T its scored tokens, so that D is the forget loss minus
 * {@link lethe.target.Target}. The documents of one split and domain are a stratum of n draws that
 * do not depend on each other. With the residuals of D, linearised (Cochran, "Sampling Techniques",
 * 1977, sections 6.3 and 6.11),
 *
 * <pre>
 *   e_i = (S_i - (a_d + D) T_i) / T             of forget
 *   e_j = (S_j - a_d T_j) / T^a_d * T_d / T     of approximate, T^a_d its tokens, T_d those of forget in d
 *   V_h = n / (n - 1) sum (e - mean e)^2        of a stratum
 *   D +- t(0.975, v) sqrt(sum V_h),   v = (sum V_h)^2 / sum (V_h^2 / (n - 1))
 * </pre>
 *
 * with Student's t and Welch's and Satterthwaite's degrees of freedom, so that few documents make
 * the interval as wide as they should, which a bootstrap of few does not. A stratum of one document
 * does not show how documents vary: it is assumed to vary like the stratum whose documents vary
 * most, V_h = u^2 s^2, where u is the document's share of D and s^2 the largest variance of
 * documents' mean losses. Where no stratum has two documents there is no interval.
 *
 * @param nats D, nats per token; may not be finite
 * @param interval of 95 %; null when it cannot be estimated
 */
record DistanceToTarget(double nats, Interval interval) {
  private static final double UPPER = 0.975;

  /** A stratum's part of the variance, and the documents it rests on. */
  private record Part(double variance, int documents) {}

  /**
   * @param forget the judged model's scores by domain, at least one document each
   * @param approximate the original model's scores, of the same domains
   */
  static DistanceToTarget of(
      Map<String, List<DocumentScore>> forget, Map<String, List<DocumentScore>> approximate) {
    double tokens = 0;
    double excess = 0;
    for (Map.Entry<String, List<DocumentScore>> domain : new TreeMap<>(forget).entrySet()) {
      double unseen = mean(approximate.get(domain.getKey()));
      for (DocumentScore document : domain.getValue()) {
        excess += document.nll() - unseen * document.tokens();
        tokens += document.tokens();
      }
    }
    double distance = excess / tokens;
    return new DistanceToTarget(distance, interval(forget, approximate, distance, tokens));
  }

  /** Mean loss of some documents, nats per token. */
  static double mean(List<DocumentScore> documents) {
    double nll = 0;
    long tokens = 0;
    for (DocumentScore document : documents) {
      nll += document.nll();
      tokens += document.tokens();
    }
    return nll / tokens;
  }

  private static Interval interval(
      Map<String, List<DocumentScore>> forget,
      Map<String, List<DocumentScore>> approximate,
      double distance,
      double tokens) {
    List<Part> parts = new ArrayList<>();
    Part widest = widest(forget, approximate);
    for (Map.Entry<String, List<DocumentScore>> domain : new TreeMap<>(forget).entrySet()) {
      List<DocumentScore> own = domain.getValue();
      List<DocumentScore> others = approximate.get(domain.getKey());
      double share = own.stream().mapToLong(DocumentScore::tokens).sum() / tokens;
      double unseen = mean(others);
      parts.add(part(own, unseen + distance, share, widest));
      parts.add(part(others, unseen, share, widest));
    }
    double variance = 0;
    double squares = 0;
    for (Part part : parts) {
      variance += part.variance();
      squares += part.variance() * part.variance() / (part.documents() - 1);
    }
    if (widest == null || !Double.isFinite(variance) || !Double.isFinite(distance)) {
      return null;
    }
    double half =
        variance == 0
            ? 0
            : new TDistribution(variance * variance / squares).inverseCumulativeProbability(UPPER)
                * Math.sqrt(variance);
    return new Interval(distance - half, distance + half);
  }

  /**
   * @param centre that losses are taken from, nats per token
   * @param share of the documents together in D
   * @param widest what a sole document borrows; null where there is nothing to borrow
   */
  private static Part part(
      List<DocumentScore> documents, double centre, double share, Part widest) {
    int n = documents.size();
    if (n == 1) {
      return widest == null
          ? new Part(Double.NaN, 2)
          : new Part(share * share * widest.variance(), widest.documents());
    }
    double all = documents.stream().mapToLong(DocumentScore::tokens).sum();
    double[] residuals = new double[n];
    for (int i = 0; i < n; i++) {
      DocumentScore document = documents.get(i);
      residuals[i] = (document.nll() - centre * document.tokens()) / all * share;
    }
    return new Part(n * sampleVariance(residuals), n);
  }

  /** The stratum whose documents' mean losses vary most. */
  private static Part widest(
      Map<String, List<DocumentScore>> forget, Map<String, List<DocumentScore>> approximate) {
    List<List<DocumentScore>> strata = new ArrayList<>(new TreeMap<>(forget).values());
    strata.addAll(new TreeMap<>(approximate).values());
    Part widest = null;
    for (List<DocumentScore> documents : strata) {
      if (documents.size() > 1) {
        double variance =
            sampleVariance(documents.stream().mapToDouble(d -> d.nll() / d.tokens()).toArray());
        if (widest == null || !(variance <= widest.variance())) {
          widest = new Part(variance, documents.size());
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
