package lethe.target;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;

/**
 * When a training will come to its target, by the pace of its last probes.
 *
 * <p>The line through their distances d_i at steps s_i, by least squares, has the slope
 *
 * <pre>  b = sum (s_i - s)(d_i - d) / sum (s_i - s)^2 </pre>
 *
 * and reaches 0 after -d_last / b more steps. It is a line: an unlearning that slows down takes
 * longer, one that runs away less.
 */
public final class Forecast {
  /** Probes that a line is put through: enough to average the batches, few enough to be recent. */
  private static final int PROBES = 5;

  /** Probes before anything is said. */
  private static final int LEAST_PROBES = 3;

  /** Part of a step that sums of floating-point numbers may make of nothing. */
  private static final double ROUNDING = 1e-6;

  private final int steps;
  private final Deque<ProbeResult> last = new ArrayDeque<>();
  private boolean warned;

  /**
   * @param steps most steps of the training
   */
  public Forecast(int steps) {
    this.steps = steps;
  }

  /** Takes a probe; one whose loss is not finite starts anew. */
  public void add(ProbeResult probe) {
    if (probe.distance() == null) {
      last.clear();
      return;
    }
    last.addLast(probe);
    if (last.size() > PROBES) {
      last.removeFirst();
    }
  }

  /**
   * Steps from the last probe to the target; empty while there are too few probes, at or above the
   * target, and where the loss comes no nearer to it.
   */
  public Optional<Integer> stepsLeft() {
    if (last.size() < LEAST_PROBES || last.getLast().distance() >= 0) {
      return Optional.empty();
    }
    double slope = slope();
    double left = -last.getLast().distance() / slope;
    return slope > 0 && left < Integer.MAX_VALUE
        ? Optional.of((int) Math.ceil(left - ROUNDING))
        : Optional.empty();
  }

  /**
   * A warning, once, when the training will end before its target: after {@value #PROBES} probes
   * and a fifth of the steps, when the pace is no longer that of a warm-up.
   */
  public Optional<String> warning() {
    if (warned || last.size() < PROBES) {
      return Optional.empty();
    }
    ProbeResult now = last.getLast();
    if (now.distance() >= 0 || now.step() < steps / 5) {
      return Optional.empty();
    }
    Optional<Integer> left = stepsLeft();
    if (left.isPresent() && now.step() + left.get() <= steps) {
      return Optional.empty();
    }
    warned = true;
    String below =
        String.format(
            Locale.ROOT,
            "Warning: after %d steps the forget loss is %.3f below its target, and ",
            now.step(),
            -now.distance());
    return Optional.of(
        below
            + left.map(
                    n ->
                        "at the pace of the last probes it needs about %d more, while train.steps leaves %d: a higher train.learning-rate or more steps would bring it there"
                            .formatted(n, steps - now.step()))
                .orElse(
                    "by the last probes it comes no nearer: the forget term has faded, or what is kept holds it there; a higher train.learning-rate, a higher cap or lower unlearn.retain-weights would move it"));
  }

  private double slope() {
    double step = last.stream().mapToInt(ProbeResult::step).average().orElseThrow();
    double distance = last.stream().mapToDouble(ProbeResult::distance).average().orElseThrow();
    double product = 0;
    double square = 0;
    for (ProbeResult probe : last) {
      product += (probe.step() - step) * (probe.distance() - distance);
      square += (probe.step() - step) * (probe.step() - step);
    }
    return product / square;
  }
}
