package lethe.report;

import java.util.List;
import java.util.Optional;
import lethe.settings.Section;
import lethe.target.Outcome;

/**
 * What a report is to say.
 *
 * @param require the verdict without which the program ends with exit 3
 * @param maxDamage largest rise of loss on a split to be kept with which the program does not end
 *     with exit 3, nats a token; empty where it is not judged
 * @param pretrainingTokens that the original model was trained on, where it is known
 * @param compare folders of runs to set side by side; empty for a report of this run
 * @param compareBand within which a compared run's loss on all documents to forget has reached
 *     their target, nats a token; empty for the verdict of each run
 * @param examples whether texts to forget may stand in the report
 */
public record ReportSettings(
    Optional<Outcome> require,
    Optional<Double> maxDamage,
    Optional<Double> pretrainingTokens,
    List<String> compare,
    Optional<Double> compareBand,
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
        report.bool("examples"));
  }
}
