package lethe.objective;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;

/** How labels that were made once are changed at the true token; the others keep proportions. */
public sealed interface TruthChange extends Serializable {
  /**
   * @param domain of the text
   * @param probability of a true token under the labels as they were made
   * @return the one that it gets
   */
  double of(String domain, double probability);

  /** The loss of a probability, nats. */
  static double loss(double probability) {
    return -StrictMath.log(Math.max(probability, Float.MIN_NORMAL));
  }

  /**
   * As {@link CalibratedPredictions}: its probability times a factor.
   *
   * @param factor greater than 0, at most 1
   */
  record Scaled(double factor) implements TruthChange {
    @Override
    public double of(String domain, double probability) {
      return factor * probability;
    }
  }

  /**
   * Token losses distributed as those of text that no model saw: a token gets the loss that has the
   * same quantile there, within its domain.
   *
   * <pre>  q'(x_t) = exp(-G^-1(F(-log q(x_t))))  </pre>
   *
   * F is the distribution of losses of the domain's text to forget under the labels, G that of its
   * unseen text under the original model. Our own; a monotone map, as in quantile matching.
   *
   * @param own F by domain
   * @param unseen G by domain
   */
  record ByQuantiles(Map<String, LossQuantiles> own, Map<String, LossQuantiles> unseen)
      implements TruthChange {
    public ByQuantiles {
      own = new TreeMap<>(own);
      unseen = new TreeMap<>(unseen);
    }

    @Override
    public double of(String domain, double probability) {
      double quantile = own.get(domain).quantile(loss(probability));
      return StrictMath.exp(-unseen.get(domain).loss(quantile));
    }
  }
}
