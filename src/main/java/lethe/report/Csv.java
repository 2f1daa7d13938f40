package lethe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A table as comma-separated values (RFC 4180), in a form that is safe to open in a spreadsheet: a
 * text that would be a formula there, since it begins with {@code = + - @}, a tab or a line end,
 * has an apostrophe before it. Fractions have a point and six digits after it; null is empty.
 */
final class Csv {
  private static final String FORMULA = "=+-@\t\r\n";

  private final StringBuilder text = new StringBuilder();
  private final int columns;

  Csv(List<String> names) {
    columns = names.size();
    add(names);
  }

  /**
   * One row.
   *
   * @param cells texts, numbers or null, as many as there are names
   */
  Csv add(List<?> cells) {
    if (cells.size() != columns) {
      throw new IllegalStateException(
          "Cannot write a row of %d cells into %d columns".formatted(cells.size(), columns));
    }
    List<String> written = new ArrayList<>();
    cells.forEach(cell -> written.add(cell(cell)));
    text.append(String.join(",", written)).append("\r\n");
    return this;
  }

  private static String cell(Object value) {
    if (value == null) {
      return "";
    }
    if (value instanceof Double number) {
      return String.format(Locale.ROOT, "%.6f", number);
    }
    if (value instanceof Number number) {
      return number.toString();
    }
    String plain = value.toString();
    String harmless =
        !plain.isEmpty() && FORMULA.indexOf(plain.charAt(0)) >= 0 ? "'" + plain : plain;
    return harmless.matches("(?s).*[\",\r\n].*")
        ? '"' + harmless.replace("\"", "\"\"") + '"'
        : harmless;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
