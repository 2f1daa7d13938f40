package lethe.evaluate;

import java.util.List;
import lethe.settings.Section;

/**
 * A multiple-choice test.
 *
 * @param name in the report
 * @param path JSON lines with {@code query}, {@code choices} and {@code gold}, the place of the
 *     right choice from 0
 */
public record MultipleChoiceTask(String name, String path) {
  static List<MultipleChoiceTask> read(Section evaluate) {
    return evaluate.list("tasks").stream()
        .map(
            s -> {
              s.allowOnly("name", "path");
              return new MultipleChoiceTask(s.string("name"), s.string("path"));
            })
        .toList();
  }
}
