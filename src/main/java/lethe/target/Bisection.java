package lethe.target;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Finds how much of something brings a loss to its target, by doubling until the loss is above it
 * and then halving the range in which it passes it.
 *
 * @param target nats per token
 * @param tolerance from it that is near enough, nats per token
 * @param most largest amount that is tried, a power of two
 * @param rounds most losses that are asked for
 */
public record Bisection(double target, double tolerance, double most, int rounds) {
  /**
   * An amount that was tried.
   *
   * @param nll its loss, nats per token; null when not finite
   */
  public record Tried(double scale, Double nll) {}

  /**
   * Looks for the amount.
   *
   * @param loss of an amount, nats per token; below the target at 0. One that is not finite counts
   *     as above the target
   * @return what was tried, in order
   */
  public List<Tried> search(DoubleUnaryOperator loss) {
    List<Tried> all = new ArrayList<>();
    double below = 0;
    double above = Double.NaN;
    double next = 1;
    while (all.size() < rounds && next <= most) {
      double nll = loss.applyAsDouble(next);
      all.add(new Tried(next, Double.isFinite(nll) ? nll : null));
      if (Math.abs(nll - target) <= tolerance) {
        break;
      }
      if (nll < target) {
        below = next;
      } else {
        above = next;
      }
      next = Double.isNaN(above) ? 2 * below : (below + above) / 2;
    }
    return all;
  }

  /** The amount whose loss is nearest to the target, if any has come so near as the band. */
  public Optional<Tried> nearest(List<Tried> tried, double band) {
    return tried.stream()
        .filter(t -> t.nll() != null && Math.abs(t.nll() - target) <= band)
        .min((a, b) -> Double.compare(Math.abs(a.nll() - target), Math.abs(b.nll() - target)));
  }
}
