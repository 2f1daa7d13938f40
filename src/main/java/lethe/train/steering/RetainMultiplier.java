package lethe.train.steering;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The factor of the retain terms' gradient in each step, as the dual variable of a bound on what
 * they lose.
 *
 * <pre>
 *   R_k = sum_s w_s L_s,k / sum_s w_s      over kept splits s, of step k
 *   l_0 = 1,   l_k+1 = max(0, l_k + rate (R_k - bound))
 * </pre>
 *
 * Entesari et al., "Constrained Entropic Unlearning: A Primal-Dual Framework for Large Language
 * Models", arXiv:2506.05314, updated at every step. While what is kept is better than the bound the
 * factor falls, down to 0, and all of the step forgets; where it is worse the factor grows until it
 * holds. Losses have the same bits for any number of workers, so the factor has, too. The driver
 * multiplies the gradient, so workers need not know it.
 */
public final class RetainMultiplier {
  private final double bound;
  private final double rate;
  private final SortedMap<String, Double> weights;
  private double factor = 1;

  /**
   * @param bound most that the retain terms may be on average, nats
   * @param rate of the factor, per nat and step, greater than 0
   * @param weights w of the retain terms, by name
   */
  public RetainMultiplier(double bound, double rate, Map<String, Double> weights) {
    this.bound = bound;
    this.rate = rate;
    this.weights = new TreeMap<>(weights); // sums in one order
  }

  /** The factor of the next step. */
  public double factor() {
    return factor;
  }

  /** Goes on from a checkpoint. */
  public void resume(double saved) {
    factor = saved;
  }

  /**
   * Takes a step that is applied; one that kept nothing changes nothing.
   *
   * @param losses mean of each term, by its name
   */
  public void stepped(Map<String, Double> losses) {
    double sum = 0;
    double all = 0;
    for (Map.Entry<String, Double> term : weights.entrySet()) {
      Double loss = losses.get(term.getKey());
      if (loss != null) {
        sum += term.getValue() * loss;
        all += term.getValue();
      }
    }
    if (all > 0) {
      factor = Math.max(0, factor + rate * (sum / all - bound));
    }
  }
}
