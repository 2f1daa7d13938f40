package lethe.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.evaluate.metric.Interval;
import lethe.evaluate.metric.StratifiedInterval;
import lethe.evaluate.metric.StratifiedInterval.Stratum;
import lethe.target.Outcome;

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
 * do not depend on each other; {@link StratifiedInterval} is taken of the residuals
 *
 * <pre>
 *   e_i = (S_i - (a_d + D) T_i) / T             of forget
 *   e_j = (S_j - a_d T_j) / T^a_d * T_d / T     of approximate, T^a_d its tokens, T_d those of forget in d
 * </pre>
 *
 * @param nats D, nats per token; may not be finite
 * @param interval of 95 %; null when it cannot be estimated
 * @param strata that the interval comes from
 */
record DistanceToTarget(double nats, Interval interval, List<Stratum> strata) {
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
    List<Stratum> strata = strata(forget, approximate, distance, tokens);
    return new DistanceToTarget(distance, StratifiedInterval.of(distance, strata), strata);
  }

  /**
   * What the interval allows one to conclude, see {@link Outcome#of(double, double, double)}.
   *
   * @param band nats per token
   * @return over for a model whose loss is not finite; undecided without an interval
   */
  Outcome outcome(double band) {
    if (!Double.isFinite(nats)) {
      return Outcome.OVER; // a ruined model
    }
    return interval == null ? Outcome.UNDECIDED : Outcome.of(interval.low(), interval.high(), band);
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

  private static List<Stratum> strata(
      Map<String, List<DocumentScore>> forget,
      Map<String, List<DocumentScore>> approximate,
      double distance,
      double tokens) {
    List<Stratum> strata = new ArrayList<>();
    for (Map.Entry<String, List<DocumentScore>> domain : new TreeMap<>(forget).entrySet()) {
      List<DocumentScore> own = domain.getValue();
      List<DocumentScore> others = approximate.get(domain.getKey());
      double share = own.stream().mapToLong(DocumentScore::tokens).sum() / tokens;
      double unseen = mean(others);
      strata.add(stratum(own, unseen + distance, share));
      strata.add(stratum(others, unseen, share));
    }
    return strata;
  }

  private static Stratum stratum(List<DocumentScore> documents, double centre, double share) {
    return new Stratum(
        documents.stream().mapToDouble(DocumentScore::nll).toArray(),
        documents.stream().mapToDouble(DocumentScore::tokens).toArray(),
        centre,
        share);
  }
}
