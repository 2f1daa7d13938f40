package lethe.report;

import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.Interval;
import lethe.evaluate.Verdict;

/** The verdict in a sentence. */
final class Headline {
  private Headline() {}

  static String of(Optional<Verdict> verdict, Optional<Damage> damage) {
    return verdict
            .map(Headline::sentence)
            .orElse(
                "No verdict: there is no model to judge, or a domain to forget has no approximate text.")
        + damage.map(Headline::damage).orElse("");
  }

  private static String sentence(Verdict v) {
    if (v.distance() == null) {
      return "Over-forgotten: the model is ruined, its loss on the documents to forget is not a finite number.";
    }
    String what =
        switch (v.outcome()) {
          case MATCHED ->
              "Matched: the model now finds the documents to forget about as new as text it never saw";
          case UNDER ->
              "Not yet forgotten: the model still knows the documents better than text it never saw";
          case OVER -> "Over-forgotten: the model knows the documents worse than text it never saw";
        };
    return String.format(
        Locale.ROOT,
        "%s. Forget loss is %.3f against a target of %.3f nats a token: %+.3f%s, band \u00b1%.2f.",
        what,
        v.nll(),
        v.target(),
        v.distance(),
        v.interval() == null ? "" : interval(v.interval()),
        v.band());
  }

  private static String interval(Interval interval) {
    return String.format(
        Locale.ROOT, " (95 %% interval %+.3f to %+.3f)", interval.low(), interval.high());
  }

  private static String damage(Damage damage) {
    return String.format(
        Locale.ROOT,
        " What was to be kept lost most on %2$s: %1$+.3f.",
        damage.rise(),
        damage.split());
  }
}
