package lethe.report;

import java.util.List;
import lethe.settings.Printable;

/** Lines of cells as text in columns. */
final class TextTable {
  private TextTable() {}

  /**
   * @param left how many columns, from the first, are aligned on the left; the others on the right
   * @param cells lines, all of the same length
   */
  static String of(int left, List<List<String>> cells) {
    List<List<String>> lines =
        cells.stream().map(line -> line.stream().map(Printable::line).toList()).toList();
    int[] widths = new int[lines.get(0).size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder one = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String blanks = " ".repeat(widths[i] - line.get(i).length());
        one.append(i == 0 ? "" : "  ");
        one.append(i < left ? line.get(i) + blanks : blanks + line.get(i));
      }
      text.append(one.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
