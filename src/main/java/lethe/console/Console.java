package lethe.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import lethe.settings.LaunchEnvironment;
import lethe.settings.Printable;

/**
 * What a user sees while a run goes on. On a terminal one line is written over and over; in a log
 * file the same line appears now and then.
 */
public final class Console {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(30);

  private final PrintStream out;
  private final boolean terminal;
  private long last = Long.MIN_VALUE;
  private boolean open;

  public Console(PrintStream out) {
    this.out = out;
    this.terminal = LaunchEnvironment.LETHE_TERMINAL.isTrue();
  }

  /** A line that stays. */
  public synchronized void say(String line) {
    endProgress();
    out.println(Printable.line(line));
    out.flush();
  }

  /**
   * A line that replaces the one before it.
   *
   * @param last whether this is the last line of its kind, which is always shown
   */
  synchronized void progress(String text, boolean last) {
    String line = Printable.line(text);
    long now = System.nanoTime();
    if (terminal) {
      out.print("\r\u001b[K" + line);
      open = true;
      if (last) {
        endProgress();
      }
    } else if (last || this.last == Long.MIN_VALUE || now - this.last >= BETWEEN_LINES.toNanos()) {
      out.println(line);
      this.last = now;
    }
    out.flush();
  }

  private void endProgress() {
    if (open) {
      out.println();
      open = false;
    }
    last = Long.MIN_VALUE;
  }

  /** Hours, minutes and seconds as a person writes them. */
  public static String time(double seconds) {
    long s = Math.round(seconds);
    return s < 60
        ? s + " s"
        : s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s % 3600 / 60 + " min";
  }

  /** A count with a unit that keeps it short. */
  public static String count(double n) {
    return n < 1e4
        ? String.format(Locale.ROOT, "%.0f", n)
        : n < 1e7
            ? String.format(Locale.ROOT, "%.1fk", n / 1e3)
            : String.format(Locale.ROOT, "%.1fM", n / 1e6);
  }
}
