package lethe.report;

import java.util.List;
import java.util.Optional;
import lethe.evaluate.SplitScore;

/**
 * The largest rise of loss on a split that should not change. Text of the forget domains that the
 * model never saw (approximate) is among them: a model retrained without the forget documents would
 * lose nothing there.
 *
 * @param model compared with the original
 * @param split where it lost most
 * @param rise nats a token; negative when every split gained
 */
record Damage(String model, String split, double rise) {
  private static final List<String> KEPT = List.of("retain", "approximate", "general", "holdout");

  /** Nothing when a model or all those splits are missing, or a loss is no finite number. */
  static Optional<Damage> of(List<SplitScore> scores, String model) {
    Optional<Damage> worst = Optional.empty();
    for (String split : KEPT) {
      Optional<Double> before = nll(scores, "original", split);
      Optional<Double> after = nll(scores, model, split);
      if (before.isPresent() && after.isPresent()) {
        double rise = after.get() - before.get();
        if (worst.isEmpty() || rise > worst.get().rise()) {
          worst = Optional.of(new Damage(model, split, rise));
        }
      }
    }
    return worst;
  }

  /** A model's loss on a whole split. */
  static Optional<Double> nll(List<SplitScore> scores, String model, String split) {
    return scores.stream()
        .filter(s -> s.model().equals(model) && s.split().equals(split))
        .filter(s -> s.domain().equals(SplitScore.ALL) && s.nll() != null)
        .map(SplitScore::nll)
        .findFirst();
  }
}
