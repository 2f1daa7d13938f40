package lethe.report;

import java.util.List;
import java.util.Optional;
import lethe.settings.Section;
import lethe.target.Outcome;

/**
 * What a report contains, and what it requires of the run.
 *
 * @param require the verdict without which the program ends with exit 3
 * @param maxDamage largest allowed rise of loss on a split to be kept, nats per token; a larger one
 *     ends the program with exit 3; empty for no limit
 * @param pretrainingTokens that the original model was trained on, where it is known
 * @param compare folders of runs to set side by side; empty for a report of this run
 * @param compareBand within which a compared run's loss on all documents to forget has reached
 *     their target, nats per token; empty for the verdict of each run
 * @param table name of a table of one of Spark's catalogs that the figures of a report are appended
 *     to; empty for none
 * @param examples whether texts to forget may appear in the report
 */
public record ReportSettings(
    Optional<Outcome> require,
    Optional<Double> maxDamage,
    Optional<Double> pretrainingTokens,
    List<String> compare,
    Optional<Double> compareBand,
    Optional<String> table,
    boolean examples) {

  /** Reads {@code report}. */
  public static ReportSettings read(Section root) {
    Section report = root.section("report");
    Optional<Outcome> require =
        report.has("require")
            ? Optional.of(report.choice("require", Outcome.class))
            : Optional.empty();
    if (require.equals(Optional.of(Outcome.UNDECIDED))) {
      report.problem("require", "cannot be undecided: name matched, under or over");
    }
    return new ReportSettings(
        require,
        report.optionalNumber("max-damage", 0, 100),
        report.optionalNumber("pretraining-tokens", 1, 1e18),
        report.strings("compare"),
        report.optionalNumber("compare-band", 0, 100),
        report.optionalText("table"),
        report.bool("examples"));
  }
}
