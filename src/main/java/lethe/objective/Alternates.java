package lethe.objective;

import java.io.Serializable;
import java.util.Optional;
import lethe.settings.Section;

/**
 * How the original model is asked for other answers to the questions to forget.
 *
 * @param request said to the model after question and answer; without one it answers the question
 *     itself again
 * @param draws answers to each question, at least 1
 * @param temperature of the predictions that they are drawn from, greater than 0
 * @param tokens most of an answer, at least 1
 */
public record Alternates(Optional<String> request, int draws, double temperature, int tokens)
    implements Serializable {
  static Alternates read(Section unlearn) {
    return new Alternates(
        unlearn.optionalText("alternate-request"),
        unlearn.count("alternate-draws", 1),
        unlearn.doubleInRange("alternate-temperature", 1e-3, 1e3),
        unlearn.count("alternate-tokens", 1));
  }
}
