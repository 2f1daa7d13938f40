package lethe.evaluate;

import java.util.List;
import lethe.json.OrNull;
import lethe.settings.Section;

/**
 * A multiple-choice test.
 *
 * @param name in the report
 * @param path JSON lines with {@code query}, {@code choices} and {@code gold}, the place of the
 *     right choice from 0
 * @param description precedes the questions and the examples, as it is; may be empty
 * @param examples a file of the same kind, whose first questions are shown with their answers;
 *     null: none
 * @param shots how many are shown, 0 without a file
 */
public record MultipleChoiceTask(
    String name, String path, String description, @OrNull String examples, int shots) {

  /** One whose questions stand alone. */
  public MultipleChoiceTask(String name, String path) {
    this(name, path, "", null, 0);
  }

  static List<MultipleChoiceTask> read(Section evaluate) {
    return evaluate.list("tasks").stream().map(MultipleChoiceTask::of).toList();
  }

  private static MultipleChoiceTask of(Section s) {
    s.allowOnly("name", "path", "description", "examples", "shots");
    String examples = s.has("examples") ? s.string("examples") : null;
    int shots = s.optionalCount("shots", 1).orElse(0);
    if ((examples == null) != (shots == 0)) {
      s.problem(
          examples == null ? "shots" : "examples",
          "needs %s, too: shots is how many questions of the file examples are shown with their answers"
              .formatted(examples == null ? "examples" : "shots"));
    }
    return new MultipleChoiceTask(
        s.string("name"),
        s.string("path"),
        s.has("description") ? s.string("description") : "",
        examples,
        shots);
  }

  /** The questions that are shown with their answers, as a task of their own. */
  MultipleChoiceTask shown() {
    return new MultipleChoiceTask(name, examples);
  }
}
