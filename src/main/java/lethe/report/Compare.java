package lethe.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.fs.Path;

/**
 * Sets several runs side by side: {@code compare.html} and {@code compare.json} in one run folder's
 * report, and tables on the terminal. The run that reached its target with the least damage is
 * marked, and each method says how wide the range of its working rates is.
 */
public final class Compare {
  /**
   * {@code compare.json}.
   *
   * @param band the comparison's own band; null when distance and outcome are those of the verdicts
   * @param runs the nearest to their retrained model first, then those without one; else in the
   *     order they were named
   * @param methods in the order of their first runs as named
   * @param answers of runs that were asked questions, in the order they were named
   * @param tasks losses by task, where each run forgets a task after those of the runs before it;
   *     null otherwise
   */
  record Comparison(
      Double band,
      List<ComparedRun> runs,
      List<ComparedMethod> methods,
      List<ComparedAnswers> answers,
      TaskLosses tasks) {}

  /** Is stable: equal ones stay in their order. */
  private static final Comparator<ComparedRun> NEAREST_TO_RETRAINED =
      Comparator.comparing(
          ComparedRun::toRetrained, Comparator.nullsLast(Comparator.naturalOrder()));

  private final RunFolder into;
  private final List<RunFolder> runs;
  private final Optional<Double> band;
  private final PrintStream terminal;

  /**
   * @param into the run folder whose report folder gets the page
   * @param runs folders of runs that have a report
   * @param band as in {@link ReportSettings}
   */
  public Compare(
      RunFolder into, List<RunFolder> runs, Optional<Double> band, PrintStream terminal) {
    this.into = into;
    this.runs = List.copyOf(runs);
    this.band = band;
    this.terminal = terminal;
  }

  /**
   * Writes both files and prints the tables.
   *
   * @return name of the run that reached its target with the least damage
   * @throws InvalidSettings when a run has no report, or one of an older version
   */
  public Optional<String> execute() {
    Comparison comparison = comparison(runs.stream().map(this::read).toList());
    into.files().writeJson(new Path(into.report(), "compare.json"), comparison);
    into.files().writeText(new Path(into.report(), "compare.html"), Page.comparison(comparison));
    if (comparison.tasks() != null) {
      terminal.print(comparison.tasks().table());
      terminal.println(
          "loss on the documents of each task, nats per token, by the original model and after each task; one that falls again has come back");
      terminal.println();
    }
    terminal.print(runs(comparison.runs(), band.isPresent()));
    terminal.println();
    terminal.print(methods(comparison.methods()));
    terminal.println(
        "losses over all documents, nats per token; processed: tokens through forward and backward; damage: the largest rise of\n"
            + "loss on retain, approximate, general or holdout, for runs that reached their target ("
            + band.map("forget loss, all documents, within %s of it, by the point"::formatted)
                .orElse("verdict matched")
            + ");\ndecades: width of the range of rates that reached it and kept the loss on holdout within the run's holdout band");
    if (!comparison.answers().isEmpty()) {
      terminal.println();
      terminal.print(ComparedAnswers.tables(comparison.answers()));
      terminal.println("answers of the unlearned models to each set of questions, by run");
    }
    if (comparison.runs().stream().anyMatch(run -> run.toRetrained() != null)) {
      terminal.println(
          "to retrained: divergence of predictions on forget from the retrained model's, nats per token"
              + (comparison.tasks() == null ? "; the nearest run comes first" : ""));
    }
    return ComparedMethod.best(comparison.runs()).map(ComparedRun::run);
  }

  private Comparison comparison(List<JsonNode> reports) {
    List<String> names = runs.stream().map(run -> run.root().getName()).toList();
    Optional<TaskLosses> tasks = TaskLosses.of(names, reports);
    List<String> variants =
        tasks.isPresent() // whose runs differ in what they forget, and are compared as one method
            ? Collections.nCopies(names.size(), "")
            : SettingDifferences.of(reports.stream().map(Compare::settings).toList());
    List<ComparedRun> rows =
        IntStream.range(0, reports.size())
            .mapToObj(i -> ComparedRun.of(names.get(i), variants.get(i), reports.get(i), band))
            .toList();
    Optional<ComparedRun> best = ComparedMethod.best(rows);
    List<ComparedRun> frontier = frontier(rows);
    List<ComparedRun> marked =
        rows.stream()
            .map(run -> run.marked(best.equals(Optional.of(run)), frontier.contains(run)))
            .toList();
    return new Comparison(
        band.orElse(null),
        tasks.isPresent() ? marked : marked.stream().sorted(NEAREST_TO_RETRAINED).toList(),
        ComparedMethod.of(marked),
        IntStream.range(0, reports.size())
            .mapToObj(i -> ComparedAnswers.of(names.get(i), reports.get(i)))
            .filter(run -> !run.sets().isEmpty())
            .toList(),
        tasks.orElse(null));
  }

  /** The runs that no other one is better than in both distance from the target and damage. */
  private static List<ComparedRun> frontier(List<ComparedRun> runs) {
    List<ComparedRun> known =
        runs.stream().filter(run -> run.distance() != null && run.damage() != null).toList();
    return known.stream()
        .filter(run -> known.stream().noneMatch(other -> other.dominates(run)))
        .toList();
  }

  /**
   * The settings of a report with the keys of this version, whichever version wrote it, and with
   * the versions of tables that the run has read.
   */
  private static JsonNode settings(JsonNode report) {
    JsonNode settings = report.at("/provenance/settings");
    try {
      JsonNode read =
          settings.isObject()
              ? Json.MAPPER.readTree(Settings.respelled(settings.toString()))
              : settings;
      for (JsonNode table : report.at("/corpus/tables")) {
        if (read.at("/corpus/sources/" + table.path("source").asInt())
            instanceof ObjectNode source) {
          source.set("version", table.path("version"));
        }
      }
      return read;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read the settings of a report as JSON", e);
    }
  }

  private JsonNode read(RunFolder run) {
    Path report = new Path(run.report(), "report.json");
    if (!run.files().exists(report)) {
      throw new InvalidSettings(
          "Cannot compare " + run.root() + ": there is no " + report + "; run report on it first");
    }
    JsonNode json = run.files().readObject(report, "run report on it again");
    if (band.isEmpty() && !json.has("coverage")) {
      throw new InvalidSettings(
          List.of(
              "Cannot compare %s: %s is of an older version, whose verdicts were decided by the point; run evaluate and report on it again, or set report.compare-band"
                  .formatted(run.root(), report)));
    }
    return json;
  }

  private static String runs(List<ComparedRun> runs, boolean byPoint) {
    boolean shared = runs.stream().map(Compare::before).distinct().count() == 1;
    boolean retrained = runs.stream().anyMatch(run -> run.toRetrained() != null);
    List<List<String>> lines = new ArrayList<>();
    List<String> header =
        new ArrayList<>(List.of("run", "method", "rate", "steps", "s", "processed"));
    ComparedRun.SPLITS.forEach(header::add);
    header.addAll(
        List.of("target", "distance", byPoint ? "by the point" : "verdict", "damage", "on", ""));
    if (retrained) {
      header.add(2, "to retrained");
    }
    lines.add(header);
    if (shared) {
      List<String> line = new ArrayList<>(List.of("before", "", "", "", "", ""));
      before(runs.get(0)).forEach(nll -> line.add(format("%.3f", nll.orElse(null))));
      line.addAll(List.of("", "", "", "", "", ""));
      if (retrained) {
        line.add(2, "");
      }
      lines.add(line);
    }
    for (ComparedRun r : runs) {
      List<String> line =
          new ArrayList<>(
              List.of(
                  r.run(),
                  r.method() + (r.variant().isEmpty() ? "" : " (" + r.variant() + ")"),
                  format("%.1e", r.learningRate()),
                  format("%d", r.steps()),
                  format("%.0f", r.seconds()),
                  format("%d", r.tokens())));
      ComparedRun.SPLITS.forEach(split -> line.add(loss(r.losses().get(split), shared)));
      line.addAll(
          List.of(
              format("%.3f", r.target()),
              format("%+.3f", r.distance()),
              format("%s", r.outcome()),
              damage(r),
              r.matched() ? format("%s", r.damagedSplit()) : "",
              r.best() ? "best" : ""));
      if (retrained) {
        line.add(2, format("%.3f", r.toRetrained()));
      }
      lines.add(line);
    }
    return TextTable.of(2, lines);
  }

  /** The original model's losses. */
  private static List<Optional<Double>> before(ComparedRun run) {
    return ComparedRun.SPLITS.stream()
        .map(split -> Optional.ofNullable(run.losses().get(split)).map(ComparedRun.Change::before))
        .toList();
  }

  private static String damage(ComparedRun run) {
    return run.ruined() && run.matched() ? "not finite" : format("%+.3f", run.damageAtTarget());
  }

  private static String loss(ComparedRun.Change change, boolean after) {
    if (change == null) {
      return "-";
    }
    return (after ? "" : format("%.3f", change.before()) + " to ") + format("%.3f", change.after());
  }

  private static String methods(List<ComparedMethod> methods) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("method", "least damage by", "damage", "reached", "from", "to", "decades"));
    for (ComparedMethod m : methods) {
      lines.add(
          List.of(
              m.method() + (m.variant().isEmpty() ? "" : " (" + m.variant() + ")"),
              format("%s", m.leastDamaged()),
              format("%+.3f", m.leastDamage()),
              m.reached() + " of " + m.runs(),
              format("%.1e", m.lowest()),
              format("%.1e", m.highest()),
              format("%.2f", m.decades())));
    }
    return TextTable.of(2, lines);
  }

  private static String format(String format, Object value) {
    return value == null ? "-" : String.format(Locale.ROOT, format, value);
  }
}
