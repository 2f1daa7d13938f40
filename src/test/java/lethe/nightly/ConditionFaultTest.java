package lethe.nightly;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import lethe.LocalSpark;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionFaultTest {
  /** Asked of the numbers 0 to 2 as texts. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "no_such_column = 1",
        "length(id, 2) > 1",
        "no_such_function(id)",
        "id = = 1",
        "1 / (CAST(id AS INT) - 2) > 0",
        "CAST(concat(id, 'x') AS INT) > 0",
        "CAST(id AS TINYINT) * 100Y > 0",
        "element_at(array(1), CAST(id AS INT)) > 0",
        "array(1)[CAST(id AS INT)] > 0",
        "to_date(id, 'yyyy-MM-dd') > DATE'2020-01-01'",
        "make_date(2020, 13 + CAST(id AS INT), 1) > DATE'2020-01-01'",
        "id RLIKE concat('[', id)",
        "regexp_replace(id, concat('(', id), '') = ''",
        "assert_true(id = '0') IS NULL",
        "raise_error(id) IS NULL",
        "decode(encode(id, 'utf-8'), concat('no-', id)) = ''",
        "to_number(concat(id, 'x'), '99') > 0",
        "(SELECT col FROM VALUES ('0'), ('1') AS t(col)) = id",
        "bigint(id) * 9223372036854775807L > 1",
      })
  void whatAConditionDoesWrongIsItsOwnFault(String where) {
    Throwable failure = failure(where);
    assertThat(failure).isNotNull();
    assertThat(ConditionFault.is(failure)).as(where + ": " + failure).isTrue();
  }

  private static Throwable failure(String where) {
    LocalSpark.SESSION.conf().set("spark.sql.ansi.enabled", "true");
    try {
      LocalSpark.SESSION
          .range(3)
          .selectExpr("CAST(id AS STRING) AS id")
          .selectExpr(where + " AS met")
          .write()
          .format("noop")
          .mode("overwrite")
          .save();
      return null;
    } catch (Exception e) { // Spark's are checked but not declared
      return e;
    } finally {
      LocalSpark.SESSION.conf().unset("spark.sql.ansi.enabled");
    }
  }

  @Test
  void whatAClusterOrADiskDoesWrongIsNoConditionsFault() {
    String lost =
        "Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: Lost task 0.3 in stage 1.0: ExecutorLostFailure (executor 1 exited caused by one of the running tasks) Reason: worker lost";
    List<Throwable> faults =
        List.of(
            new SparkException(lost),
            new SparkException("Job aborted due to stage failure", new IOException("timed out")),
            new SparkException(
                "Job aborted", new SparkException("Task failed", new FileNotFoundException("x"))),
            new UncheckedIOException(new IOException("503 Slow Down")),
            new SparkException("Job 3 cancelled because SparkContext was shut down"),
            new IllegalStateException("Cannot call methods on a stopped SparkContext."),
            new SparkException("Exception thrown in awaitResult: ", new InterruptedException()),
            new SparkException("x", new OutOfMemoryError("Java heap space")));
    for (Throwable fault : faults) {
      assertThat(ConditionFault.is(fault)).as(fault.toString()).isFalse();
    }
  }
}
