package lethe;

import java.io.PrintStream;
import lethe.command.Failures;
import lethe.command.Lethe;
import lethe.settings.Printable;
import lethe.settings.Secrets;

/** Where the program begins; what it can do is said in {@link Lethe}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    PrintStream errors = Secrets.ofNothing().stream(Printable.stream(System.err));
    int code;
    try {
      code = Lethe.commandLine().execute(arguments);
    } catch (Error e) { // such as too little memory; threads of Spark's would keep the process
      code = Failures.explain(e, errors);
    }
    System.out.flush();
    // Spark's barrier machinery leaves a thread that is not a daemon.
    System.exit(code);
  }
}
