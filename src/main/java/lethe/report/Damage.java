package lethe.report;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;
import lethe.target.Split;

/**
 * The largest rise of loss on a split that should not change. Text of the forget domains that the
 * model never saw (approximate) is among them: a model retrained without the forget documents would
 * lose nothing there.
 *
 * @param model compared with the original
 * @param split whose loss rose most
 * @param rise nats per token; negative when the loss on every split fell; null when the loss on
 *     that split, of this model or the original, is not a finite number, which is worse than any
 *     rise
 */
record Damage(String model, String split, Double rise) {
  private static final List<Split> KEPT_SPLITS =
      List.of(Split.RETAIN, Split.APPROXIMATE, Split.GENERAL, Split.HOLDOUT);

  /** Nothing when the model or all those splits are missing. */
  static Optional<Damage> of(List<SplitScore> scores, String model) {
    Optional<Damage> worst = Optional.empty();
    for (Split kept : KEPT_SPLITS) {
      String split = kept.key();
      Optional<SplitScore> before = score(scores, ModelNames.ORIGINAL, split);
      Optional<SplitScore> after = score(scores, model, split);
      if (before.isPresent() && after.isPresent()) {
        Double old = before.get().nll();
        Double now = after.get().nll();
        if (old == null || now == null) {
          return Optional.of(new Damage(model, split, null));
        }
        if (worst.isEmpty() || now - old > worst.get().rise()) {
          worst = Optional.of(new Damage(model, split, now - old));
        }
      }
    }
    return worst;
  }

  /**
   * Why this is more than is allowed.
   *
   * @param most nats per token
   */
  Optional<String> beyond(double most) {
    if (rise == null) {
      return Optional.of(
          "report.max-damage is %s, the loss on %s is not a finite number".formatted(most, split));
    }
    return rise > most
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "report.max-damage is %s, the loss on %s rose by %.3f nats per token",
                most,
                split,
                rise))
        : Optional.empty();
  }

  private static Optional<SplitScore> score(List<SplitScore> scores, String model, String split) {
    return scores.stream()
        .filter(s -> s.model().equals(model) && s.split().equals(split))
        .filter(s -> s.domain().equals(SplitScore.ALL))
        .findFirst();
  }
}
