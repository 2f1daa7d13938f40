package lethe.target;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * What a range test has measured: the forget loss while the learning rate rises.
 *
 * @param target nats per token
 * @param band how far below it a training ends, nats per token
 * @param uniform loss of a uniform prediction, nats per token: above it and the target nothing is
 *     left of the model
 * @param points in order; the first is the start
 */
public record RangeCurve(
    double target, double band, @JsonProperty("uniform_nll") double uniform, List<Point> points) {
  /**
   * The loss after some steps.
   *
   * @param steps applied
   * @param rate of the last of them; 0 at the start
   * @param sum of the rates of all of them
   * @param nll of forget on the steering half, nats per token; null when not finite
   * @param losses means of the terms in the next step, by role; empty after the last
   */
  public record Point(
      int steps,
      @JsonProperty("learning_rate") double rate,
      @JsonProperty("sum_of_rates") double sum,
      Double nll,
      Map<String, Double> losses) {}

  public RangeCurve {
    points = List.copyOf(points);
  }

  /** Whether a training would end here. */
  boolean reached(Point point) {
    return point.nll() != null && point.nll() >= target - band;
  }

  /** Whether nothing is left of the model. */
  boolean collapsed(Point point) {
    return point.nll() == null || point.nll() > Math.max(uniform, target + 2 * band);
  }
}
