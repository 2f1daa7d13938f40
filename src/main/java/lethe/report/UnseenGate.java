package lethe.report;

import lethe.evaluate.metric.Interval;
import lethe.report.Condition.State;

/**
 * A condition that compares forgotten text with text of the same domains that was never seen. Over
 * all domains its figure must be shown to be within the limit: the whole interval is. Of a single
 * domain, which may have few documents, it must not be shown to be beyond: not the whole interval
 * is.
 */
interface UnseenGate {
  /**
   * @param finding the figures that decide, in a clause
   */
  record Judgement(State state, String finding) {}

  Judgement judge(Gate.Evidence evidence);

  double limit();

  /** Whether a figure is shown to be from {@code -below} to the limit. */
  default boolean within(Interval interval, double below) {
    return interval.low() >= -below && interval.high() <= limit();
  }

  /** Whether a figure is shown not to be. */
  default boolean beyond(Interval interval, double below) {
    return interval != null && (interval.high() < -below || interval.low() > limit());
  }
}
