package lethe.corpus.source;

import java.util.List;
import java.util.Optional;
import lethe.settings.Section;
import lethe.spark.ParsedCondition;

/**
 * A SQL condition on a document, as a user wrote it: over {@code domain}, {@code id}, {@code
 * source}, {@code text} and the members of the source's own objects, such as {@code meta.license},
 * which are text (or null) here. It says the same of a document wherever and whenever it is asked,
 * see {@link ParsedCondition#problem}.
 *
 * @param sql a Spark SQL expression of type boolean
 */
public record Predicate(String sql) {

  public static Optional<Predicate> read(Section section, String key) {
    if (!section.has(key)) {
      return Optional.empty();
    }
    String sql = section.string(key);
    Optional<String> problem = problem(sql);
    problem.ifPresent(
        why -> section.problem(key, "must be a SQL condition, was \"" + sql + "\": " + why));
    return problem.isPresent() ? Optional.empty() : Optional.of(new Predicate(sql));
  }

  /** What is wrong with a condition, if anything is that shows without Spark and its documents. */
  static Optional<String> problem(String sql) {
    return ParsedCondition.problem(sql);
  }

  /** Every column it names, as the parts of a dotted name. */
  public List<List<String>> columns() {
    return new ParsedCondition(sql).columns();
  }

  /** The ids that it names one by one, as {@code id = 'a'} and {@code id IN ('a', 'b')} do. */
  public List<String> ids() {
    return new ParsedCondition(sql).values("id");
  }
}
