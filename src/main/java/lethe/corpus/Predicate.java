package lethe.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.settings.Section;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser;
import scala.collection.JavaConverters;

/**
 * A SQL condition on a document, as a user wrote it: over {@code domain}, {@code id}, {@code
 * source}, {@code text} and the members of the source's own objects, such as {@code meta.license},
 * which are text (or null) here.
 *
 * @param sql a Spark SQL expression of type boolean
 */
record Predicate(String sql) {

  static Optional<Predicate> read(Section section, String key) {
    if (!section.has(key)) {
      return Optional.empty();
    }
    String sql = section.text(key);
    try {
      new CatalystSqlParser().parseExpression(sql);
    } catch (Exception e) { // a ParseException, checked but not declared
      section.problem(key, "must be a SQL condition, was \"" + sql + "\": " + firstLine(e));
      return Optional.empty();
    }
    return Optional.of(new Predicate(sql));
  }

  /** Every column it names, as the parts of a dotted name. */
  List<List<String>> columns() {
    List<List<String>> found = new ArrayList<>();
    collect(new CatalystSqlParser().parseExpression(sql), found);
    return found;
  }

  private static void collect(Expression expression, List<List<String>> found) {
    if (expression instanceof UnresolvedAttribute attribute) {
      found.add(JavaConverters.seqAsJavaList(attribute.nameParts()));
    }
    JavaConverters.seqAsJavaList(expression.children()).forEach(child -> collect(child, found));
  }

  private static String firstLine(Exception e) {
    return e.getMessage().strip().lines().findFirst().orElse("");
  }
}
