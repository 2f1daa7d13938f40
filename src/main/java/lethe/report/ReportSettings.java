package lethe.report;

import java.util.Optional;
import lethe.evaluate.Outcome;
import lethe.settings.Section;

/**
 * What a report is to say.
 *
 * @param require the verdict without which the program ends with exit 3
 * @param pretrainingTokens that the original model was trained on, where it is known
 */
public record ReportSettings(Optional<Outcome> require, Optional<Double> pretrainingTokens) {

  /** Reads {@code report}. */
  public static ReportSettings read(Section root) {
    Section report = root.section("report");
    return new ReportSettings(
        report.has("require")
            ? Optional.of(report.choice("require", Outcome.class))
            : Optional.empty(),
        report.optionalNumber("pretraining-tokens", 1, 1e18));
  }
}
