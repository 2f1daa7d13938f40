package lethe.evaluate;

import lethe.settings.Section;

/**
 * How models are evaluated.
 *
 * @param microBatch chunks a forward pass
 */
public record EvaluateSettings(int microBatch) {

  /** Reads {@code evaluate}. */
  public static EvaluateSettings read(Section root) {
    return new EvaluateSettings(root.section("evaluate").count("micro-batch", 1));
  }
}
