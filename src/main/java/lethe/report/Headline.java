package lethe.report;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.Interval;

/** The verdict in a sentence. */
final class Headline {
  private Headline() {}

  /**
   * @param damage of the unlearned model on every split to be kept and each of its domains, worst
   *     first
   */
  static String of(Optional<Verdict> verdict, List<Damage> damage) {
    return verdict
            .map(Headline::sentence)
            .orElse(
                "No verdict: there is no model to judge, or a domain to forget has no approximate text.")
        + damage(damage);
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
        "%s. Forget loss, judging half: %.3f against a target of %.3f nats per token: %+.3f%s, band \u00b1%.2f.%s",
        what,
        v.nll(),
        v.target(),
        v.distance(),
        v.interval() == null ? "" : " (95 % interval " + interval(v.interval()) + ")",
        v.band(),
        toDecide(v).map(needed -> " It would take more documents: " + needed + ".").orElse(""));
  }

  static String interval(Interval interval) {
    return String.format(Locale.ROOT, "%+.3f to %+.3f", interval.low(), interval.high());
  }

  /** How many documents it would take to decide. */
  static Optional<String> toDecide(Verdict verdict) {
    return Optional.ofNullable(verdict.toDecide())
        .map(
            needed ->
                String.format(
                    Locale.ROOT,
                    "about %,d of forget and %,d of approximate in the judging half, in place of %,d and %,d, would decide if they were like these",
                    needed.forget(),
                    needed.approximate(),
                    verdict.forgetDocuments(),
                    verdict.approximateDocuments()));
  }

  /** The worst split as a whole, and the worst domain where that is another place. */
  private static String damage(List<Damage> damage) {
    Optional<Damage> split =
        damage.stream().filter(d -> d.domain().equals(SplitScore.ALL)).findFirst();
    if (split.isEmpty()) {
      return "";
    }
    Damage worst = split.get();
    if (worst.rise() == null) {
      return " Damage: %s.".formatted(worst.sentence());
    }
    Damage domain = damage.get(0);
    String said =
        String.format(
            Locale.ROOT,
            " Damage: of the splits to keep, the loss on %s rose most: %+.3f nats per token",
            worst.split(),
            worst.rise());
    return domain.equals(worst) || domain.rise() == null
        ? said + "."
        : said
            + String.format(
                Locale.ROOT,
                "; of their domains, that on %s in %s: %+.3f.",
                domain.domain(),
                domain.split(),
                domain.rise());
  }
}
