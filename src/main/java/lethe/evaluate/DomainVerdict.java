package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lethe.evaluate.metric.Interval;
import lethe.json.OrNull;
import lethe.target.Outcome;
import lethe.target.Split;

/**
 * Whether a model forgot what it should of one domain and no more: {@link Verdict} of that domain's
 * documents alone, against the domain's own target.
 *
 * <pre>
 *   distance_d = nll_model(forget_d) - a_d,   a_d = nll_original(approximate_d), judging halves
 * </pre>
 *
 * Distances of domains, weighed by their judging tokens of forget, add up to the verdict's. No
 * verdict over all domains comes from these: each interval is of 95 % by itself, so of twenty about
 * one misses the true distance by chance.
 *
 * @param model judged
 * @param domain of the forget split
 * @param outcome under, matched, over or undecided
 * @param nll forget loss of the judging half, nats per token; null when it is not finite
 * @param target of the judging half, nats per token; null where it is unknown
 * @param distance nll minus target; null when it is not finite, or the target is unknown
 * @param interval of the distance, 95 %; null when it cannot be estimated
 * @param band half its width, nats per token
 * @param forgetDocuments in the judging half
 * @param approximateDocuments in the judging half
 * @param toDecide how many documents it would take; null as for {@link Verdict}
 * @param reason why the outcome is not a comparison of the interval with the band, or cannot be
 *     decided by it; null where the interval decides
 */
@JsonNaming(SnakeCaseStrategy.class)
public record DomainVerdict(
    String model,
    String domain,
    Outcome outcome,
    Double nll,
    Double target,
    Double distance,
    @OrNull Interval interval,
    double band,
    int forgetDocuments,
    int approximateDocuments,
    @OrNull DocumentsToDecide toDecide,
    @OrNull String reason) {

  /**
   * @param original its scores, all splits
   * @param judged the other model's scores, all splits
   * @param model its name
   * @param band nats per token
   * @return one of each domain to forget, by name
   */
  static List<DomainVerdict> of(
      List<DocumentScore> original, List<DocumentScore> judged, String model, double band) {
    JudgingHalf forget = new JudgingHalf(judged, Split.FORGET, d -> true);
    JudgingHalf approximate = new JudgingHalf(original, Split.APPROXIMATE, d -> true);
    List<DomainVerdict> verdicts = new ArrayList<>();
    forget.judging.forEach(
        (domain, own) ->
            verdicts.add(
                of(model, domain, own, approximate.judging.getOrDefault(domain, List.of()), band)));
    return verdicts;
  }

  private static DomainVerdict of(
      String model,
      String domain,
      List<DocumentScore> own,
      List<DocumentScore> unseen,
      double band) {
    Double nll = SplitScores.finite(DistanceToTarget.mean(own));
    Double target = unseen.isEmpty() ? null : SplitScores.finite(DistanceToTarget.mean(unseen));
    if (target == null) {
      return new DomainVerdict(
          model,
          domain,
          Outcome.UNDECIDED,
          nll,
          null,
          null,
          null,
          band,
          own.size(),
          unseen.size(),
          null,
          unseen.isEmpty()
              ? "it has no approximate document, so its target is unknown"
              : "the original model's loss on its approximate documents is not a finite number, so its target is unknown");
    }
    DistanceToTarget distance = DistanceToTarget.of(Map.of(domain, own), Map.of(domain, unseen));
    Outcome outcome = distance.outcome(band);
    return new DomainVerdict(
        model,
        domain,
        outcome,
        nll,
        target,
        SplitScores.finite(distance.nats()),
        distance.interval(),
        band,
        own.size(),
        unseen.size(),
        outcome == Outcome.UNDECIDED
            ? DocumentsToDecide.of(distance, band, own.size(), unseen.size()).orElse(null)
            : null,
        reason(distance, outcome));
  }

  private static String reason(DistanceToTarget distance, Outcome outcome) {
    if (!Double.isFinite(distance.nats())) {
      return "the model's loss on its documents to forget is not a finite number";
    }
    if (outcome != Outcome.UNDECIDED) {
      return null;
    }
    return distance.interval() == null
        ? "neither forget nor approximate has two documents of it to judge by, so the uncertainty of the distance is unknown"
        : "the documents of it that judge are too few or too different: the interval crosses an edge of the band";
  }
}
