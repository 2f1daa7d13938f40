package lethe.command;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Commands, called in this process. */
public final class InProcess {
  private InProcess() {}

  /**
   * How a command ended.
   *
   * @param output of both streams
   */
  public record Called(int code, String output) {}

  /** Calls a command. */
  public static Called call(String... arguments) {
    PrintStream[] terminal = {System.out, System.err};
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream both = new PrintStream(said, true, StandardCharsets.UTF_8);
    try {
      System.setOut(both);
      System.setErr(both);
      int code = Lethe.commandLine().execute(arguments);
      return new Called(code, said.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(terminal[0]);
      System.setErr(terminal[1]);
    }
  }

  /** The exit code, a space, and what was said. */
  public static String said(String... arguments) {
    Called called = call(arguments);
    return called.code() + " " + called.output();
  }
}
