package lethe.nightly;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.AnalysisException;

/**
 * Whether a query fails because of the condition in it, on whatever cluster and day: it cannot be
 * analysed, or a document has a value that it cannot be computed of. Anything else, such as a lost
 * executor or storage that does not answer, may not be there the next time.
 */
final class ConditionFault {
  /**
   * Classes of SQLSTATE (ISO/IEC 9075-2 and Spark's own) of what a condition does wrong: no feature
   * of Spark's, too many rows, data, syntax or names, limits of a value, what it raises itself.
   */
  private static final Set<String> STATES = Set.of("0A", "21", "22", "42", "54", "P0");

  /** Where Spark computes values, and throws what has no SQLSTATE. */
  private static final List<String> EVALUATION =
      List.of(
          "org.apache.spark.sql.catalyst.expressions.",
          "org.apache.spark.sql.catalyst.util.",
          "org.apache.spark.sql.errors.QueryExecutionErrors");

  private static final List<String> JAVA = List.of("java.", "javax.", "jdk.", "sun.", "scala.");

  private ConditionFault() {}

  /** Whether a failure is a condition's. */
  static boolean is(Throwable failure) {
    List<Throwable> causes = ExceptionUtils.getThrowableList(failure);
    Collections.reverse(causes); // the first one comes first: others are only about the job
    for (Throwable cause : causes) {
      Optional<String> state = state(cause);
      if (state.isPresent()) {
        return state.get().length() == 5 && STATES.contains(state.get().substring(0, 2));
      }
      if (cause instanceof AnalysisException) {
        return true;
      }
    }
    return causes.get(0) instanceof Exception && isOfEvaluation(causes.get(0));
  }

  private static Optional<String> state(Throwable cause) {
    return cause instanceof SparkThrowable spark
        ? Optional.ofNullable(spark.getSqlState())
        : Optional.empty();
  }

  private static boolean isOfEvaluation(Throwable cause) {
    return Arrays.stream(cause.getStackTrace())
        .map(StackTraceElement::getClassName)
        .filter(name -> JAVA.stream().noneMatch(name::startsWith))
        .findFirst()
        .filter(name -> EVALUATION.stream().anyMatch(name::startsWith))
        .isPresent();
  }
}
