package lethe.target;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;

/**
 * Chooses the learning rate with which a training should come to its target, from a range test.
 *
 * <p>Adam moves weights by about the rate at each step, whatever the size of gradients, so how far
 * a training has come depends on the sum of its rates, and hardly on how they were spread over
 * steps. Let R be the sum with which the range test came as near to the target as a training ends,
 * on a line between the two points around it. With rates c f_k, f_k being what the schedule makes
 * of a peak of 1,
 *
 * <pre>
 *   c = s R / (2/3 sum_k f_k),   s = 1 but for terms of which each step brings less than the one before
 * </pre>
 *
 * comes there after two thirds of the sum of the planned steps: they are the most there may be, and
 * a training that keeps more on its way takes longer. A forget term that fades may end short of the
 * target: then R is the sum with which the loss was highest, where it had come half of the way and
 * fell with the next two steps. What raises it again beyond that are steps too large to forget
 * anything on purpose. The rate is rounded to three digits.
 */
public final class RateRule {
  /** The part of the planned rates that should be enough. */
  private static final double PART = 2.0 / 3;

  /**
   * What a range test says.
   *
   * @param rate peak; null where none was found
   * @param finding why, in a sentence without its end
   */
  public record Choice(Double rate, String finding) {}

  private RateRule() {}

  /**
   * Applies the rule.
   *
   * @param curve of a range test
   * @param factors sum of the planned rates at a peak of 1, greater than 0
   * @param slowing s, how many times the sum many small steps take, at least 1
   */
  public static Choice choose(RangeCurve curve, double factors, double slowing) {
    RangeCurve.Point start = curve.points().get(0);
    if (start.nll() == null || curve.reached(start)) {
      return none(
          "the forget loss, %.3f, is not below its target, %.3f", start.nll(), curve.target());
    }
    List<RangeCurve.Point> points = curve.points();
    int end = end(curve);
    if (end == points.size()) {
      RangeCurve.Point last = points.get(end - 1);
      return none(
          "the forget loss came from %.3f to %.3f and not to its target, %.3f, at rates up to %.1e",
          start.nll(), last.nll(), curve.target(), last.rate());
    }
    RangeCurve.Point after = points.get(end);
    if (curve.collapsed(after)) {
      return none(
          "the model collapsed at a rate of %.1e, when the forget loss had come from %.3f to %.3f and not to its target, %.3f",
          after.rate(), start.nll(), points.get(end - 1).nll(), curve.target());
    }
    boolean reached = curve.reached(after);
    double sum = reached ? sum(curve, points.get(end - 1), after) : after.sum();
    double rate = slowing * sum / PART / factors;
    if (rate > after.rate()) {
      return none(
          "rates that add up to %.1e are needed, so for the planned steps one of %.1e, at which one step alone goes as far",
          slowing * sum, rate);
    }
    String finding =
        reached
            ? format(
                "rates that add up to %.2e brought the forget loss from %.3f to its target, %.3f",
                sum, start.nll(), curve.target())
            : format(
                "rates that add up to %.2e brought the forget loss from %.3f to %.3f, where the forget term fades, short of its target, %.3f",
                sum, start.nll(), after.nll(), curve.target());
    return new Choice(
        rounded(rate),
        slowing == 1
            ? finding
            : finding
                + format(
                    "; small steps are given %s times that, for each brings less than the one before",
                    new BigDecimal(slowing).stripTrailingZeros().toPlainString()));
  }

  /** The first point at which a training ends, the model has collapsed or the loss is highest. */
  private static int end(RangeCurve curve) {
    List<RangeCurve.Point> points = curve.points();
    int end = 1;
    while (end < points.size()
        && !curve.reached(points.get(end))
        && !curve.collapsed(points.get(end))
        && !fades(curve, end)) {
      end++;
    }
    return end;
  }

  /** Whether the loss is half of the way, and falls with each of the next two steps. */
  private static boolean fades(RangeCurve curve, int at) {
    List<RangeCurve.Point> points = curve.points();
    double half = (points.get(0).nll() + curve.target()) / 2;
    return points.get(at).nll() >= half
        && at + 2 < points.size()
        && below(points.get(at + 1), points.get(at))
        && below(points.get(at + 2), points.get(at + 1));
  }

  private static boolean below(RangeCurve.Point next, RangeCurve.Point point) {
    return next.nll() != null && next.nll() < point.nll();
  }

  /** The sum with which a training ends, on the line between the points around it. */
  private static double sum(RangeCurve curve, RangeCurve.Point before, RangeCurve.Point after) {
    double share = (curve.target() - curve.band() - before.nll()) / (after.nll() - before.nll());
    return before.sum() + share * (after.sum() - before.sum());
  }

  /** Three digits are more than a training can tell apart, and easy to give by hand. */
  private static double rounded(double rate) {
    return new BigDecimal(rate).round(new MathContext(3)).doubleValue();
  }

  private static Choice none(String finding, Object... values) {
    return new Choice(null, format(finding, values));
  }

  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
