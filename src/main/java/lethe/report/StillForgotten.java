package lethe.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;
import lethe.target.Split;
import lethe.target.Target;

/**
 * Whether a model still has forgotten what earlier runs made it forget.
 *
 * <pre>
 *   distance = nll_model(earlier) - target,   target as in {@link Target} with earlier in place of forget
 * </pre>
 *
 * The target comes from the original model, so that it does not move with what later models lose.
 *
 * @param documents forgotten earlier and scored now
 * @param nll the model's loss on them, nats per token; null when it is not finite
 * @param target nats per token; null when one of their domains has no approximate text
 * @param domain whose loss is the farthest below its own target, or the least above it; null
 *     without a target
 * @param domainDistance from that target, nats per token; null without a target
 */
record StillForgotten(
    long documents, Double nll, Double target, String domain, Double domainDistance) {

  /**
   * @return nothing where no text that was forgotten earlier was scored
   */
  static Optional<StillForgotten> of(List<SplitScore> scores, String model) {
    List<SplitScore> earlier = scores(scores, model, Split.EARLIER).toList();
    Optional<SplitScore> all =
        earlier.stream().filter(s -> s.domain().equals(SplitScore.ALL)).findFirst();
    if (all.isEmpty()) {
      return Optional.empty();
    }
    List<SplitScore> domains =
        earlier.stream().filter(s -> !s.domain().equals(SplitScore.ALL)).toList();
    Map<String, Double> unseen =
        scores(scores, ModelNames.ORIGINAL, Split.APPROXIMATE)
            .filter(s -> s.nll() != null)
            .collect(Collectors.toMap(SplitScore::domain, SplitScore::nll));
    Optional<Target> target =
        Target.of(
            domains.stream().collect(Collectors.toMap(SplitScore::domain, SplitScore::tokens)),
            unseen);
    Optional<SplitScore> worst =
        target.flatMap(
            known ->
                domains.stream()
                    .filter(s -> s.nll() != null)
                    .min(
                        Comparator.comparingDouble(
                            s -> s.nll() - known.domains().get(s.domain()))));
    return Optional.of(
        new StillForgotten(
            all.get().documents(),
            all.get().nll(),
            target.map(Target::nll).orElse(null),
            worst.map(SplitScore::domain).orElse(null),
            worst.map(s -> s.nll() - unseen.get(s.domain())).orElse(null)));
  }

  private static Stream<SplitScore> scores(List<SplitScore> scores, String model, Split split) {
    return scores.stream().filter(s -> s.model().equals(model) && s.split().equals(split.key()));
  }

  /** Nats per token, below 0 where the text is better known than its target; null if unknown. */
  Double distance() {
    return nll == null || target == null ? null : Double.valueOf(nll - target);
  }

  /**
   * The figures for a reader, without a full stop.
   *
   * @param band within which the loss may be below its target, nats per token
   */
  String sentence(double band) {
    if (target == null) {
      return "earlier: a domain of corpus.splits.earlier has no approximate text, from which its target would come";
    }
    if (nll == null) {
      return "earlier: the loss on what was forgotten before is not a finite number";
    }
    return String.format(
        Locale.ROOT,
        "earlier: the loss on %d documents that were forgotten before is %.3f, %.3f %s their target of %.3f nats per token, and may be %s below it (domain %s: %+.3f)",
        documents,
        nll,
        Math.abs(distance()),
        distance() < 0 ? "below" : "above",
        target,
        band,
        domain,
        domainDistance);
  }
}
