package lethe.evaluate;

import java.util.List;
import java.util.Map;
import lethe.inference.ComputeSettings;

/** How tests evaluate: on one thread, with the models that they name themselves. */
final class SmallEvaluation {
  private SmallEvaluation() {}

  static EvaluateSettings settings(
      int microBatch, RobustnessSettings robustness, MultipleChoiceTask... tasks) {
    return new EvaluateSettings(
        microBatch,
        0.15,
        List.of(tasks),
        Map.of(),
        List.of(),
        false,
        false,
        ComputeSettings.cpu(1),
        42,
        robustness,
        AnswerSettings.NONE,
        null);
  }
}
