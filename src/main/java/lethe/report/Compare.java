package lethe.report;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lethe.folder.RunFolder;
import org.apache.hadoop.fs.Path;

/**
 * Sets several runs side by side: {@code compare.html} and {@code compare.json} in one run folder's
 * report, and a table on the terminal. The run that reached its target with the least damage is
 * marked.
 */
public final class Compare {
  private final RunFolder into;
  private final List<RunFolder> runs;
  private final PrintStream terminal;

  /**
   * @param into whose report folder gets the page
   * @param runs that have been reported
   */
  public Compare(RunFolder into, List<RunFolder> runs, PrintStream terminal) {
    this.into = into;
    this.runs = List.copyOf(runs);
    this.terminal = terminal;
  }

  /**
   * Writes and prints.
   *
   * @throws IllegalArgumentException when a run has no report
   */
  public void execute() {
    List<ComparedRun> rows = ComparedRun.marked(runs.stream().map(Compare::read).toList());
    into.files().writeJson(new Path(into.report(), "compare.json"), rows);
    into.files().writeText(new Path(into.report(), "compare.html"), Page.comparison(rows));
    terminal.print(TextTable.of(2, cells(rows)));
  }

  private static ComparedRun read(RunFolder run) {
    Path report = new Path(run.report(), "report.json");
    if (!run.files().exists(report)) {
      throw new IllegalArgumentException(
          "Cannot compare " + run.root() + ": there is no " + report + "; run report on it first");
    }
    return ComparedRun.of(run.root().getName(), run.files().readJson(report));
  }

  private static List<List<String>> cells(List<ComparedRun> rows) {
    List<List<String>> cells = new ArrayList<>();
    cells.add(
        List.of(
            "run",
            "method",
            "rate",
            "steps",
            "forget",
            "target",
            "distance",
            "verdict",
            "damage",
            "on",
            ""));
    for (ComparedRun r : rows) {
      cells.add(
          List.of(
              r.run(),
              r.method(),
              format("%.1e", r.learningRate()),
              format("%d", r.steps()),
              format("%.3f", r.nll()),
              format("%.3f", r.target()),
              format("%+.3f", r.distance()),
              format("%s", r.outcome()),
              format("%+.3f", r.damage()),
              format("%s", r.damagedSplit()),
              r.best() ? "best" : ""));
    }
    return cells;
  }

  private static String format(String format, Object value) {
    return value == null ? "-" : String.format(Locale.ROOT, format, value);
  }
}
