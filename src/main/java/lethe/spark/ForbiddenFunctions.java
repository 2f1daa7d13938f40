package lethe.spark;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry;
import org.apache.spark.sql.catalyst.analysis.Star;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.analysis.UnresolvedFunction;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.CallMethodViaReflection;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.Nondeterministic;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.expressions.WindowExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateFunction;
import scala.Option;

/**
 * What a condition on a document may not use: its value must be the same in every run and for any
 * partitioning of the documents, and a settings file must not run code.
 */
final class ForbiddenFunctions {
  /**
   * Functions of the current time, the user or the session; {@code aes_encrypt} draws a random
   * vector.
   */
  private static final Set<String> CHANGING =
      Set.of(
          "aes_encrypt",
          "curdate",
          "current_catalog",
          "current_database",
          "current_date",
          "current_schema",
          "current_time",
          "current_timestamp",
          "current_timezone",
          "current_user",
          "localtimestamp",
          "now",
          "session_user",
          "user");

  /** Those of them that SQL allows without parentheses, unless quoted. */
  private static final Pattern BARE =
      Pattern.compile("current_\\w+|localtimestamp|session_user|user");

  private static final Pattern RELATIVE =
      Pattern.compile(
          "\\b(date|timestamp\\w*)\\s*'\\s*(now|today|tomorrow|yesterday)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final String CHANGES =
      "%s() is not the same for a document in every run and partition";

  private ForbiddenFunctions() {}

  /** What is wrong with a condition, if anything is. */
  static Optional<String> problem(Expression condition, String sql) {
    if (condition instanceof Alias alias) {
      return Optional.of("\"%s\" at its end is read as its alias".formatted(alias.name()));
    }
    if (RELATIVE.matcher(sql).find()) {
      return Optional.of("a date that depends on today is not the same in every run");
    }
    return within(condition, sql);
  }

  private static Optional<String> within(Expression expression, String sql) {
    return own(expression, sql)
        .or(
            () ->
                ParsedCondition.children(expression).stream()
                    .flatMap(child -> within(child, sql).stream())
                    .findFirst());
  }

  private static Optional<String> own(Expression expression, String sql) {
    if (expression instanceof SubqueryExpression) {
      return Optional.of("it contains a query, but a condition sees only one document");
    }
    if (expression instanceof WindowExpression || expression instanceof Star) {
      return Optional.of("%s needs more than one document's values".formatted(expression.sql()));
    }
    if (expression instanceof UnresolvedAttribute attribute) {
      String name = attribute.name().toLowerCase(Locale.ROOT);
      return CHANGING.contains(name)
              && BARE.matcher(name).matches()
              && !sql.toLowerCase(Locale.ROOT).contains("`" + name + "`")
          ? Optional.of(CHANGES.formatted(name))
          : Optional.empty();
    }
    return expression instanceof UnresolvedFunction function
        ? function(function)
        : Optional.empty();
  }

  private static Optional<String> function(UnresolvedFunction function) {
    List<String> parts = ScalaCollections.list(function.nameParts());
    String name = parts.get(parts.size() - 1).toLowerCase(Locale.ROOT);
    if (CHANGING.contains(name)
        || (name.equals("unix_timestamp") && function.arguments().isEmpty())) {
      return Optional.of(CHANGES.formatted(name));
    }
    Option<ExpressionInfo> known =
        FunctionRegistry.builtin().lookupFunction(FunctionIdentifier.apply(name));
    if (known.isEmpty()) {
      return Optional.of(name + "() is not one of Spark's own functions");
    }
    ExpressionInfo info = known.get();
    Class<?> type = type(info);
    if (CallMethodViaReflection.class.isAssignableFrom(type)) {
      return Optional.of(name + "() can run any Java method, which is not allowed in a condition");
    }
    if (Nondeterministic.class.isAssignableFrom(type)) {
      return Optional.of(CHANGES.formatted(name));
    }
    boolean many =
        AggregateFunction.class.isAssignableFrom(type)
            || Set.of("agg_funcs", "window_funcs").contains(info.getGroup());
    if (many || info.getGroup().equals("generator_funcs")) {
      return Optional.of(
          "%s() %s"
              .formatted(
                  name, many ? "needs values of many documents" : "makes rows, not a value"));
    }
    return Optional.empty();
  }

  private static Class<?> type(ExpressionInfo info) {
    try {
      return Class.forName(info.getClassName(), false, ForbiddenFunctions.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "Cannot read the definition of Spark's function "
              + info.getName()
              + ": "
              + e.getMessage(),
          e);
    }
  }
}
