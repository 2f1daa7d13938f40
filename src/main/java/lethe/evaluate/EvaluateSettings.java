package lethe.evaluate;

import java.util.List;
import lethe.settings.Section;

/**
 * How models are evaluated.
 *
 * @param microBatch chunks a forward pass
 * @param band around the target in which forgetting has matched it, half its width, nats a token
 * @param tasks multiple-choice tests
 * @param seed of the intervals' draws
 */
public record EvaluateSettings(int microBatch, double band, List<Task> tasks, long seed) {

  /** Reads {@code evaluate}, and {@code stop.band}. */
  public static EvaluateSettings read(Section root) {
    Section evaluate = root.section("evaluate");
    return new EvaluateSettings(
        evaluate.count("micro-batch", 1),
        root.section("stop").number("band", 0, 100),
        Task.read(evaluate),
        evaluate.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE));
  }
}
