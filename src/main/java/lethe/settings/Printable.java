package lethe.settings;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/**
 * Text that comes from outside (a domain, an id, the name of a file) as a terminal may show it.
 * Characters that would move the cursor, change colours, turn the direction of writing or begin
 * another line are written as a backslash, a u and four hexadecimal digits.
 */
public final class Printable {
  /** Characters of a line that is not shortened: ten lines of a terminal. */
  private static final int LINE_CHARACTERS = 1_200;

  private Printable() {}

  /** Text that becomes one line. */
  public static String line(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      shown.append(harmless(c) ? String.valueOf(c) : String.format("\\u%04x", (int) c));
    }
    return shown.toString();
  }

  /** Text of several lines; line ends and tabs stay. */
  public static String lines(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      shown.append(c == '\n' || c == '\t' ? String.valueOf(c) : line(String.valueOf(c)));
    }
    return shown.toString();
  }

  /**
   * Lines as a person may read them: of one that is longer, such as one that repeats a very long
   * name, only the beginning and the end, which has the remedy.
   */
  public static String shortened(String lines) {
    return lines
        .lines()
        .map(
            line ->
                line.length() <= LINE_CHARACTERS
                    ? line
                    : line.substring(0, LINE_CHARACTERS / 2)
                        + " ... "
                        + line.substring(line.length() - LINE_CHARACTERS / 2))
        .collect(Collectors.joining("\n"));
  }

  /** The same stream, through which texts go as {@link #lines}. */
  public static PrintStream stream(PrintStream out) {
    return new PrintStream(out, true, StandardCharsets.UTF_8) {
      @Override
      public void print(String text) {
        super.print(lines(String.valueOf(text)));
      }
    };
  }

  private static boolean harmless(char c) {
    boolean turns = (c >= '\u202a' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069');
    boolean marks = c == '\u200e' || c == '\u200f' || c == '\u061c';
    boolean separates = c == '\u2028' || c == '\u2029';
    return !Character.isISOControl(c) && !turns && !marks && !separates;
  }
}
