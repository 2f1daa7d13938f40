package lethe.corpus.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import lethe.settings.Section;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.In;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser;
import scala.collection.JavaConverters;

/**
 * A SQL condition on a document, as a user wrote it: over {@code domain}, {@code id}, {@code
 * source}, {@code text} and the members of the source's own objects, such as {@code meta.license},
 * which are text (or null) here. It says the same of a document wherever and whenever it is asked,
 * see {@link ForbiddenFunctions}.
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
    try {
      return ForbiddenFunctions.problem(parsed(sql), sql);
    } catch (Exception e) { // a ParseException, checked but not declared
      return Optional.of(e.getMessage().strip().lines().findFirst().orElse(""));
    }
  }

  /** Every column it names, as the parts of a dotted name. */
  public List<List<String>> columns() {
    List<List<String>> found = new ArrayList<>();
    columns(parsed(sql), found);
    return found;
  }

  private static void columns(Expression expression, List<List<String>> found) {
    if (expression instanceof UnresolvedAttribute attribute) {
      found.add(JavaConverters.seqAsJavaList(attribute.nameParts()));
    }
    children(expression).forEach(child -> columns(child, found));
  }

  /** The ids that it names one by one, as {@code id = 'a'} and {@code id IN ('a', 'b')} do. */
  public List<String> ids() {
    TreeSet<String> found = new TreeSet<>();
    ids(parsed(sql), found);
    return List.copyOf(found);
  }

  private static void ids(Expression expression, TreeSet<String> found) {
    if (expression instanceof Not) {
      return;
    }
    List<Expression> children = children(expression);
    boolean names =
        (expression instanceof EqualTo || expression instanceof In)
            && children.stream().anyMatch(Predicate::isId);
    for (Expression child : children) {
      if (names && child instanceof Literal literal) {
        found.add(String.valueOf(literal.value()));
      }
      ids(child, found);
    }
  }

  private static boolean isId(Expression expression) {
    return expression instanceof UnresolvedAttribute attribute
        && attribute.name().equalsIgnoreCase("id");
  }

  static List<Expression> children(Expression expression) {
    return JavaConverters.seqAsJavaList(expression.children());
  }

  private static Expression parsed(String sql) {
    return new CatalystSqlParser().parseExpression(sql);
  }
}
