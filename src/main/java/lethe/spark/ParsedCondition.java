package lethe.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.In;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser;

/** A SQL condition as Spark's parser reads it, before any table is known. */
public final class ParsedCondition {
  /** Most conditions and functions inside each other: Spark's stack has room for some thousand. */
  private static final int MOST_DEPTH = 200;

  /** Most brackets that are open at once; the parser takes gigabytes for 20,000 of them. */
  private static final int MOST_BRACKETS = 1_000;

  private static final String TOO_DEEP =
      "its parts are nested more than %d deep; name documents in a file of ids instead"
          .formatted(MOST_DEPTH);

  private final String sql;
  private final Expression parsed;

  /**
   * @param sql a Spark SQL expression that {@link #problem} finds nothing wrong with
   */
  public ParsedCondition(String sql) {
    this.sql = sql;
    this.parsed = new CatalystSqlParser().parseExpression(sql);
  }

  /** What is wrong with a condition on one row, if anything is: see {@link ForbiddenFunctions}. */
  public static Optional<String> problem(String sql) {
    if (brackets(sql) > MOST_BRACKETS) {
      return Optional.of(TOO_DEEP);
    }
    try {
      ParsedCondition condition = new ParsedCondition(sql);
      return depth(condition.parsed) > MOST_DEPTH
          ? Optional.of(TOO_DEEP)
          : ForbiddenFunctions.problem(condition.parsed, condition.sql);
    } catch (StackOverflowError e) { // of the parser's: parentheses are not in what it makes
      return Optional.of(TOO_DEEP);
    } catch (Exception e) { // a ParseException, checked but not declared
      return Optional.of(e.getMessage().strip().lines().findFirst().orElse(""));
    }
  }

  /** The most brackets that are open at once, those in quoted text among them. */
  private static int brackets(String sql) {
    int open = 0;
    int most = 0;
    for (int i = 0; i < sql.length(); i++) {
      char letter = sql.charAt(i);
      open += letter == '(' ? 1 : letter == ')' ? -1 : 0;
      most = Math.max(most, open);
    }
    return most;
  }

  private static int depth(Expression expression) {
    return 1 + children(expression).stream().mapToInt(ParsedCondition::depth).max().orElse(0);
  }

  /** Every column that it names, each as the parts of its dotted name. */
  public List<List<String>> columns() {
    List<List<String>> found = new ArrayList<>();
    columns(parsed, found);
    return found;
  }

  private static void columns(Expression expression, List<List<String>> found) {
    if (expression instanceof UnresolvedAttribute attribute) {
      found.add(ScalaCollections.list(attribute.nameParts()));
    }
    children(expression).forEach(child -> columns(child, found));
  }

  /**
   * The values that it names individually for a column, as {@code id = 'a'} and {@code id IN ('a',
   * 'b')} do.
   */
  public List<String> values(String column) {
    Set<String> found = new TreeSet<>();
    values(parsed, column, found);
    return List.copyOf(found);
  }

  private static void values(Expression expression, String column, Set<String> found) {
    if (expression instanceof Not) {
      return;
    }
    List<Expression> children = children(expression);
    boolean names =
        (expression instanceof EqualTo || expression instanceof In)
            && children.stream().anyMatch(child -> is(child, column));
    for (Expression child : children) {
      if (names && child instanceof Literal literal) {
        found.add(String.valueOf(literal.value()));
      }
      values(child, column, found);
    }
  }

  private static boolean is(Expression expression, String column) {
    return expression instanceof UnresolvedAttribute attribute
        && attribute.name().equalsIgnoreCase(column);
  }

  static List<Expression> children(Expression expression) {
    return ScalaCollections.list(expression.children());
  }
}
