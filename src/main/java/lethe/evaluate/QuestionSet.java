package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.json.OrNull;
import lethe.settings.Secrets;
import lethe.settings.Section;

/**
 * Questions with true answers that models are to answer.
 *
 * @param name in the report
 * @param path JSON lines, see {@link QuestionFile}
 * @param use what the answers tell
 * @param where values that fields of a line must have, any of those named; none: every line counts
 * @param rows the first so many lines count; null: all
 */
@JsonNaming(SnakeCaseStrategy.class)
public record QuestionSet(
    String name, String path, Use use, Map<String, List<String>> where, @OrNull Integer rows) {

  /** What the answers to questions tell. */
  public enum Use {
    /** How much is left of what was to be forgotten. */
    FORGET,
    /** How much is left of what was to be kept. */
    RETAIN,
    /** The same, where the true answer competes with wrong ones and has no paraphrase. */
    OPTIONS
  }

  public QuestionSet {
    where = new TreeMap<>(where);
  }

  static List<QuestionSet> read(Section answers) {
    List<QuestionSet> sets = new ArrayList<>();
    for (Section s : answers.list("questions")) {
      s.allowOnly("name", "path", "use", "where", "rows");
      String name = s.string("name");
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
          || sets.stream().anyMatch(set -> set.name().equals(name))) {
        s.problem("name", "must be a name of its own of letters, digits, - and _, was " + name);
      }
      Map<String, List<String>> where = new TreeMap<>();
      if (s.has("where")) {
        Section fields = s.section("where");
        fields.keys().forEach(key -> where.put(key, fields.strings(Section.quoted(key))));
      }
      sets.add(
          new QuestionSet(
              name,
              s.string("path"),
              s.choice("use", Use.class),
              where,
              s.optionalCount("rows", 1).orElse(null)));
    }
    return sets;
  }

  /** The same with a path as a file may have it that others read. */
  QuestionSet shown() {
    return new QuestionSet(name, Secrets.ofNothing().masked(path), use, where, rows);
  }
}
