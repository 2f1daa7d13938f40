package lethe.report;

import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.Interval;

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
          case UNDECIDED ->
              v.interval() == null
                  ? "Undecided: no domain has two documents to judge by, so the uncertainty of the distance is unknown"
                  : "Undecided: the documents that judge are too few or too different to say on which side of the band's edge the model is";
        };
    return String.format(
        Locale.ROOT,
        "%s. Forget loss, judging half: %.3f against a target of %.3f nats per token: %+.3f%s, band \u00b1%.2f.",
        what,
        v.nll(),
        v.target(),
        v.distance(),
        v.interval() == null ? "" : " (95 % interval " + interval(v.interval()) + ")",
        v.band());
  }

  static String interval(Interval interval) {
    return String.format(Locale.ROOT, "%+.3f to %+.3f", interval.low(), interval.high());
  }

  private static String damage(Damage damage) {
    return damage.rise() == null
        ? " Damage: the loss on %s is not a finite number.".formatted(damage.split())
        : String.format(
            Locale.ROOT,
            " Damage: of the splits to keep, the loss on %s rose most: %+.3f nats per token.",
            damage.split(),
            damage.rise());
  }
}
