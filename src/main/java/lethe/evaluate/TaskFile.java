package lethe.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;

/**
 * The questions of a task as their files have them.
 *
 * @param task they are of
 * @param files access to them
 */
public record TaskFile(MultipleChoiceTask task, Files files) {
  private static final String WANTED =
      "a line must be a JSON object with query (a text), choices (a list of two texts or more) and gold (the place of the right one, from 0)";

  private static final String EXAMPLES_APART = "\n\n";

  /** Most characters of a question with its choices. */
  private static final int MOST_CHARACTERS = 1 << 20;

  /**
   * Checks whether the questions can be asked.
   *
   * @throws InvalidSettings when there is none, or naming the first line that is none
   */
  public void check() {
    lines().check();
    preface();
  }

  /**
   * What precedes each question, as lm-evaluation-harness writes it with its {@code first_n}
   * sampler:
   *
   * <pre>  description  query " " answer "\n\n"  query " " answer "\n\n"  ... </pre>
   *
   * @return empty where the task has neither
   * @throws InvalidSettings when there are fewer examples than are to be shown
   */
  String preface() {
    StringBuilder text = new StringBuilder(task.description());
    if (task.shots() > 0) {
      for (JsonNode shown : new TaskFile(task.shown(), files).lines().first(task.shots())) {
        text.append(shown.path("query").asText())
            .append(MultipleChoice.DELIMITER)
            .append(shown.path("choices").path(shown.path("gold").asInt()).asText())
            .append(EXAMPLES_APART);
      }
    }
    return text.toString();
  }

  /**
   * As {@link JsonLinesFile#sha256}.
   *
   * @throws InvalidSettings when there is no file
   */
  String sha256() {
    return lines().sha256();
  }

  private JsonLinesFile lines() {
    return new JsonLinesFile(
        task.path(),
        files,
        new JsonLinesFile.Lines(
            "Cannot ask task %s (%s)".formatted(task.name(), task.path()),
            "it has no question",
            WANTED,
            MOST_CHARACTERS,
            TaskFile::wrong));
  }

  /** What an object lacks of a question; null for one. */
  private static String wrong(JsonNode question) {
    JsonNode choices = question.path("choices");
    JsonNode gold = question.path("gold");
    boolean empty = choices.size() < 2;
    for (JsonNode choice : choices) {
      empty |= choice.isNull() || choice.asText(".").isEmpty();
    }
    if (question.path("query").asText("").isBlank()) {
      return "has no query";
    }
    if (!choices.isArray() || empty) {
      return "lacks choices";
    }
    return gold.isIntegralNumber() && gold.asLong() >= 0 && gold.asLong() < choices.size()
        ? null
        : "has no gold among its %d choices".formatted(choices.size());
  }
}
