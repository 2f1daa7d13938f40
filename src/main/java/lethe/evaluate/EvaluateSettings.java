package lethe.evaluate;

import lethe.settings.Section;

/**
 * How models are evaluated.
 *
 * @param microBatch chunks a forward pass
 * @param band around the target in which forgetting has matched it, half its width, nats a token
 * @param seed of the intervals' draws
 */
public record EvaluateSettings(int microBatch, double band, long seed) {

  /** Reads {@code evaluate}, and {@code stop.band}. */
  public static EvaluateSettings read(Section root) {
    Section evaluate = root.section("evaluate");
    return new EvaluateSettings(
        evaluate.count("micro-batch", 1),
        root.section("stop").number("band", 0, 100),
        evaluate.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE));
  }
}
