package lethe.report;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lethe.settings.Section;

/**
 * What a report contains, and what it requires of the run.
 *
 * @param gate the conditions without which the program ends with exit 3
 * @param pretrainingTokens that the original model was trained on, where it is known
 * @param compare folders of runs to set side by side; empty for a report of this run
 * @param compareBand within which a compared run's loss on all documents to forget has reached
 *     their target, nats per token; empty for the verdict of each run
 * @param table name of a table of one of Spark's catalogs that the figures of a report are appended
 *     to; empty for none
 * @param examples whether texts to forget may appear in the report
 * @param idsKeyFile a file with the key of the names that documents have in the report; empty where
 *     it has their ids
 */
public record ReportSettings(
    Gate gate,
    Optional<Double> pretrainingTokens,
    List<String> compare,
    Optional<Double> compareBand,
    Optional<String> table,
    boolean examples,
    Optional<String> idsKeyFile) {

  /** Reads {@code report}. */
  public static ReportSettings read(Section root) {
    Section report = root.section("report");
    if (report.has("ids-key-file") && report.bool("examples")) {
      report.problem(
          "ids-key-file", "hides the ids of documents, and report.examples shows texts; set one");
    }
    return new ReportSettings(
        new Gate(require(report), GateLimits.read(report)),
        report.optionalNumber("pretraining-tokens", 1, 1e18),
        report.strings("compare"),
        report.optionalNumber("compare-band", 0, 100),
        report.optionalText("table"),
        report.bool("examples"),
        report.optionalText("ids-key-file"));
  }

  /** A limit of the damage requires that it is kept. */
  private static Set<Requirement> require(Section report) {
    Set<Requirement> require = EnumSet.noneOf(Requirement.class);
    if (report.has("require")) {
      require.addAll(report.choices("require", Requirement.class));
    }
    List<String> verdicts =
        require.stream().filter(r -> r.verdict().isPresent()).map(Section::spelling).toList();
    if (verdicts.size() > 1) {
      report.problem(
          "require", "must name one verdict at most, was " + String.join(", ", verdicts));
    }
    if (report.has("max-damage")) {
      require.add(Requirement.DAMAGE);
    }
    return require;
  }

  /** Whether a condition is required that comes from text that the model never saw. */
  public boolean requiresUnseenText() {
    return gate.require().stream().anyMatch(Requirement::comparesWithUnseenText);
  }
}
