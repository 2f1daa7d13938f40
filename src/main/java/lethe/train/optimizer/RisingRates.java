package lethe.train.optimizer;

/**
 * Rates that rise by the same factor at each step, as in a range test (Smith, arXiv:1506.01186, who
 * lets them rise along a line; an exponential covers decades). StrictMath keeps the bits the same
 * on every processor.
 *
 * <pre>  rate_k = lowest (highest / lowest)^(k / (steps - 1)) </pre>
 *
 * @param lowest of the first step, greater than 0
 * @param highest of the last step, greater than the lowest
 * @param steps at least 2
 */
public record RisingRates(double lowest, double highest, int steps) implements StepRates {
  @Override
  public double rate(int step) {
    return lowest * StrictMath.pow(highest / lowest, (double) step / (steps - 1));
  }
}
