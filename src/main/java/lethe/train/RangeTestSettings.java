package lethe.train;

import java.util.Optional;
import lethe.settings.Section;
import lethe.train.optimizer.RisingRates;

/**
 * How a range test lets the rate rise: {@code train.range-test}.
 *
 * @param rates of its steps
 * @param probeChunks forget chunks whose loss is measured before each step
 */
public record RangeTestSettings(RisingRates rates, int probeChunks) {
  /** Fewest steps: with fewer the rate would leap. */
  private static final int FEWEST_STEPS = 10;

  /** Most steps. */
  public int steps() {
    return rates.steps();
  }

  /** The rate of the first step. */
  public double lowest() {
    return rates.lowest();
  }

  /** The rate of the last step, if it comes so far. */
  public double highest() {
    return rates.highest();
  }

  /**
   * The rate of a step.
   *
   * @param step from 0
   */
  public double rate(int step) {
    return rates.rate(step);
  }

  /** Reads the section; empty when it has mistakes, which are recorded. */
  static Optional<RangeTestSettings> read(Section train) {
    Section test = train.section("range-test");
    double lowest = test.doubleInRange("lowest-rate", 1e-12, 10);
    double highest = test.doubleInRange("highest-rate", 1e-12, 10);
    int steps = test.count("steps", FEWEST_STEPS);
    if (highest <= lowest) {
      test.problem(
          "highest-rate", "must be above lowest-rate (%s), was %s".formatted(lowest, highest));
    }
    return Optional.of(
        new RangeTestSettings(
            new RisingRates(lowest, highest, steps), test.count("probe-chunks", 1)));
  }
}
