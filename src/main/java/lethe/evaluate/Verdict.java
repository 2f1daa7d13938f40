package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.evaluate.metric.Interval;
import lethe.json.OrNull;
import lethe.target.Outcome;
import lethe.target.Split;
import lethe.target.Target;

/**
 * Whether a model forgot what it should and no more: its forget loss against the target, both taken
 * from the half of the documents that did not steer the training.
 *
 * <pre>
 *   distance = nll_model(forget) - target,   target as in {@link Target}, from the original model
 * </pre>
 *
 * It is the interval of the distance that decides, see {@link Outcome#of(double, double, double)}
 * and {@link DistanceToTarget}: an interval that crosses an edge of the band is undecided.
 *
 * @param model judged
 * @param outcome under, matched, over or undecided
 * @param nll forget loss of the judging half, nats per token; null when it is not finite
 * @param target of the judging half, nats per token
 * @param distance nll minus target; null when it is not finite
 * @param interval of the distance, 95 %; null when it cannot be estimated
 * @param band half its width, nats per token
 * @param forgetDocuments in the judging half
 * @param approximateDocuments in the judging half
 * @param sole domains of which forget or approximate has one document, which both steers and judges
 * @param single domains of which the judging half of forget or approximate has one document: how
 *     documents vary there is taken from other domains
 * @param toDecide how many documents it would take; null unless the outcome is undecided, and where
 *     that cannot be estimated
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Verdict(
    String model,
    Outcome outcome,
    Double nll,
    double target,
    Double distance,
    @OrNull Interval interval,
    double band,
    int forgetDocuments,
    int approximateDocuments,
    List<String> sole,
    List<String> single,
    @OrNull DocumentsToDecide toDecide) {

  /**
   * @param original its scores, all splits
   * @param judged the other model's scores, all splits
   * @param model its name
   * @param band nats per token
   * @return nothing when a domain to forget has no approximate document, or the original model's
   *     loss on those is not finite
   */
  public static Optional<Verdict> of(
      List<DocumentScore> original, List<DocumentScore> judged, String model, double band) {
    JudgingHalf forget = new JudgingHalf(judged, Split.FORGET, d -> true);
    JudgingHalf approximate =
        new JudgingHalf(original, Split.APPROXIMATE, d -> forget.judging.containsKey(d.domain()));
    if (forget.judging.isEmpty()
        || !approximate.judging.keySet().containsAll(forget.judging.keySet())) {
      return Optional.empty();
    }
    double nll =
        DistanceToTarget.mean(forget.judging.values().stream().flatMap(List::stream).toList());
    double target = Target.of(forget.tokens(), approximate.means()).orElseThrow().nll();
    if (!Double.isFinite(target)) {
      return Optional.empty(); // the original model is ruined
    }
    DistanceToTarget distance = DistanceToTarget.of(forget.judging, approximate.judging);
    Outcome outcome = distance.outcome(band);
    return Optional.of(
        new Verdict(
            model,
            outcome,
            SplitScores.finite(nll),
            target,
            SplitScores.finite(distance.nats()),
            distance.interval(),
            band,
            forget.size(),
            approximate.size(),
            both(forget, approximate, half -> half.all),
            both(forget, approximate, half -> half.judging),
            outcome == Outcome.UNDECIDED
                ? DocumentsToDecide.of(distance, band, forget.size(), approximate.size())
                    .orElse(null)
                : null));
  }

  private interface Documents {
    Map<String, List<DocumentScore>> of(JudgingHalf half);
  }

  /** The domains of which one of two splits has one document. */
  private static List<String> both(JudgingHalf forget, JudgingHalf approximate, Documents which) {
    return Stream.of(forget, approximate)
        .flatMap(half -> which.of(half).entrySet().stream())
        .filter(domain -> domain.getValue().size() == 1)
        .map(Map.Entry::getKey)
        .distinct()
        .sorted()
        .toList();
  }
}
