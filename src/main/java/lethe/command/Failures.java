package lethe.command;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import lethe.failure.FailureText;
import lethe.folder.LeaseLostException;
import lethe.settings.InvalidSettings;
import lethe.settings.Printable;
import lethe.train.StoppedException;
import org.apache.commons.lang3.exception.ExceptionUtils;

/** What is printed when a verb fails, and with which code the program ends. */
public final class Failures {
  private Failures() {}

  /**
   * Prints one message per problem when the caller or a file is wrong; the first cause and its
   * stack trace when the run failed.
   *
   * @return the exit code
   */
  public static int explain(Throwable e, PrintStream errors) {
    InvalidSettings invalid = ExceptionUtils.throwableOfType(e, InvalidSettings.class);
    if (invalid != null) {
      invalid.problems().stream().map(Printable::shortened).forEach(errors::println);
      return 2;
    }
    if (e instanceof StoppedException || e instanceof LeaseLostException) {
      errors.println(e.getMessage());
      return 1;
    }
    if (ExceptionUtils.getThrowableList(e).stream().anyMatch(FailureText.WITHOUT_LETHE::in)) {
      errors.println(
          "Executors cannot find Lethe's classes: lethe.jar and the jars of target/lib must be in their image or on their hosts, where spark.executor.extraClassPath names them (Dockerfile, docs/operations.md)");
      return 2;
    }
    String cause = FailureText.firstCause(String.valueOf(firstCause(e).getMessage()));
    errors.println("The run failed: " + cause);
    if (FailureText.DISK_FULL.in(cause)) {
      errors.println("Make room there; the same command then goes on where this one ended.");
    }
    e.printStackTrace(errors);
    return 1;
  }

  /** The first cause; where a file was read, what names the file. */
  private static Throwable firstCause(Throwable e) {
    Throwable ofFile = ExceptionUtils.throwableOfType(e, UncheckedIOException.class);
    return ofFile == null ? ExceptionUtils.getRootCause(e) : ofFile;
  }
}
