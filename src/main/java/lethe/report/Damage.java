package lethe.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;
import lethe.target.Split;

/**
 * How much a model's loss rose on a split that should not change, or on a domain of it. Text of the
 * forget domains that the model never saw (approximate) is among them, though a model retrained
 * without the forget documents loses some there, too: it has read less of those domains.
 *
 * @param model compared with the original
 * @param split whose loss rose
 * @param domain of the split, or {@code *} for all of them together
 * @param documents scored there
 * @param rise nats per token; negative when the loss fell; null when the loss, of this model or the
 *     original, is not a finite number, which is worse than any rise
 */
record Damage(String model, String split, String domain, long documents, Double rise) {
  private static final List<Split> KEPT_SPLITS =
      List.of(Split.RETAIN, Split.APPROXIMATE, Split.GENERAL, Split.HOLDOUT);

  /** Worst first; of equal ones a whole split comes before its domains. */
  private static final Comparator<Damage> WORST_FIRST =
      Comparator.comparingDouble(Damage::orInfinite).reversed();

  /**
   * The largest on a split as a whole.
   *
   * @return nothing when the model or all those splits are missing
   */
  static Optional<Damage> of(List<SplitScore> scores, String model) {
    return all(scores, model).stream().filter(d -> d.domain().equals(SplitScore.ALL)).findFirst();
  }

  /** On every split to be kept and each of its domains, worst first. */
  static List<Damage> all(List<SplitScore> scores, String model) {
    List<Damage> all = new ArrayList<>();
    for (Split kept : KEPT_SPLITS) {
      scores.stream()
          .filter(s -> s.model().equals(model) && s.split().equals(kept.key()))
          .sorted(Comparator.comparing(SplitScore::domain)) // "*" sorts before any name
          .forEach(after -> original(scores, after).ifPresent(b -> all.add(of(b, after))));
    }
    all.sort(WORST_FIRST);
    return all;
  }

  private static Damage of(SplitScore before, SplitScore after) {
    boolean finite = before.nll() != null && after.nll() != null;
    return new Damage(
        after.model(),
        after.split(),
        after.domain(),
        after.documents(),
        finite ? Double.valueOf(after.nll() - before.nll()) : null);
  }

  private static Optional<SplitScore> original(List<SplitScore> scores, SplitScore of) {
    return scores.stream()
        .filter(s -> s.model().equals(ModelNames.ORIGINAL))
        .filter(s -> s.split().equals(of.split()) && s.domain().equals(of.domain()))
        .findFirst();
  }

  private double orInfinite() {
    return rise == null ? Double.POSITIVE_INFINITY : rise;
  }

  /** Whether it is at most so many nats per token, which what is not finite never is. */
  boolean within(double most) {
    return orInfinite() <= most;
  }

  /** For a reader: where, and how much. */
  String sentence() {
    return rise == null
        ? "the loss on %s is not a finite number".formatted(place())
        : String.format(
            Locale.ROOT,
            "the loss on %s %s by %.3f nats per token",
            place(),
            rise < 0 ? "fell" : "rose",
            Math.abs(rise));
  }

  String place() {
    return domain.equals(SplitScore.ALL) ? split : "domain " + domain + " of " + split;
  }
}
