package lethe.command;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import lethe.folder.FailureText;
import lethe.folder.LeaseLostException;
import lethe.settings.InvalidSettings;
import lethe.train.StoppedException;

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
    if (find(e, InvalidSettings.class) instanceof InvalidSettings invalid) {
      invalid.problems().forEach(errors::println);
      return 2;
    }
    if (e instanceof StoppedException || e instanceof LeaseLostException) {
      errors.println(e.getMessage());
      return 1;
    }
    String cause = FailureText.firstCause(String.valueOf(first(e).getMessage()));
    errors.println("The run failed: " + cause);
    if (FailureText.DISK_FULL.in(cause)) {
      errors.println("Make room there; the same command then goes on where this one ended.");
    }
    e.printStackTrace(errors);
    return 1;
  }

  private static Throwable first(Throwable e) {
    Throwable first = e;
    while (first.getCause() != null
        && first.getCause() != first
        && !(first instanceof UncheckedIOException)) { // which names the file
      first = first.getCause();
    }
    return first;
  }

  private static Throwable find(Throwable e, Class<? extends Throwable> type) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (type.isInstance(at)) {
        return at;
      }
    }
    return null;
  }
}
