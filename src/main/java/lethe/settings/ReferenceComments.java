package lethe.settings;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The comments of {@code reference.conf} on its keys. A key's comment is the lines right above it
 * with the same indentation, and the comment behind its value, which goes on in the lines below
 * that begin in the same column.
 *
 * @param lines of the file
 */
record ReferenceComments(List<String> lines) {

  static ReferenceComments read() {
    try (InputStream in =
        ReferenceComments.class.getClassLoader().getResourceAsStream("reference.conf")) {
      return new ReferenceComments(
          new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read reference.conf", e);
    }
  }

  /**
   * The comment of the key in a line, line by line and without its number signs.
   *
   * @param number of the line, from 1
   */
  List<String> of(int number) {
    int line = number - 1;
    List<String> comment = new ArrayList<>();
    int indent = indent(lines.get(line));
    for (int above = line - 1; above >= 0 && commentAt(above) == indent; above--) {
      comment.add(text(lines.get(above), indent));
    }
    Collections.reverse(comment);
    int behind = behind(lines.get(line));
    if (behind >= 0) {
      comment.add(text(lines.get(line), behind));
      for (int below = line + 1; below < lines.size() && commentAt(below) == behind; below++) {
        comment.add(text(lines.get(below), behind));
      }
    }
    return comment;
  }

  /** The column of the number sign where a line has nothing before it, else -1. */
  private int commentAt(int line) {
    int indent = indent(lines.get(line));
    return lines.get(line).startsWith("#", indent) ? indent : -1;
  }

  /** The column of the comment behind a value, or -1. */
  private static int behind(String line) {
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      if (line.charAt(i) == '"') {
        quoted = !quoted;
      } else if (line.charAt(i) == '#' && !quoted) {
        return i;
      }
    }
    return -1;
  }

  private static int indent(String line) {
    return line.length() - line.stripLeading().length();
  }

  /** Without the number sign and the blank behind it; what is further in stays further in. */
  private static String text(String line, int sign) {
    return line.substring(sign + 1).replaceFirst("^ ", "").stripTrailing();
  }
}
