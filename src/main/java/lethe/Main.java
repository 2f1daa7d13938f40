package lethe;

import lethe.command.Lethe;

/** Where the program begins; what it can do is said in {@link Lethe}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    int code = Lethe.run(arguments);
    System.out.flush();
    // Spark's barrier machinery leaves a thread that is not a daemon.
    System.exit(code);
  }
}
