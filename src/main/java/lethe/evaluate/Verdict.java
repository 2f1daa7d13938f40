package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.evaluate.metric.Interval;
import lethe.json.OrNull;
import lethe.target.DocumentHalves;
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
    Strata forget = new Strata(judged, Split.FORGET, d -> true);
    Strata approximate =
        new Strata(original, Split.APPROXIMATE, d -> forget.judging.containsKey(d.domain()));
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
    Outcome outcome = outcome(distance, band);
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
            both(forget, approximate, strata -> strata.all),
            both(forget, approximate, strata -> strata.judging),
            outcome == Outcome.UNDECIDED
                ? DocumentsToDecide.of(distance, band, forget.size(), approximate.size())
                    .orElse(null)
                : null));
  }

  private static Outcome outcome(DistanceToTarget distance, double band) {
    if (!Double.isFinite(distance.nats())) {
      return Outcome.OVER; // a ruined model
    }
    Interval interval = distance.interval();
    return interval == null ? Outcome.UNDECIDED : Outcome.of(interval.low(), interval.high(), band);
  }

  private interface Documents {
    Map<String, List<DocumentScore>> of(Strata strata);
  }

  /** The domains of which one of two splits has one document. */
  private static List<String> both(Strata forget, Strata approximate, Documents which) {
    return Stream.of(forget, approximate)
        .flatMap(strata -> which.of(strata).entrySet().stream())
        .filter(domain -> domain.getValue().size() == 1)
        .map(Map.Entry::getKey)
        .distinct()
        .sorted()
        .toList();
  }

  /** The documents of a split, by domain. */
  private static final class Strata {
    final Map<String, List<DocumentScore>> all;
    final Map<String, List<DocumentScore>> judging = new TreeMap<>();

    Strata(List<DocumentScore> scores, Split split, Predicate<DocumentScore> which) {
      all =
          scores.stream()
              .filter(d -> d.split().equals(split.key()))
              .filter(which)
              .collect(Collectors.groupingBy(DocumentScore::domain));
      all.forEach(
          (domain, documents) -> {
            Set<String> half =
                DocumentHalves.judging(documents.stream().map(DocumentScore::document).toList());
            judging.put(
                domain, documents.stream().filter(d -> half.contains(d.document())).toList());
          });
    }

    int size() {
      return judging.values().stream().mapToInt(List::size).sum();
    }

    Map<String, Long> tokens() {
      Map<String, Long> tokens = new TreeMap<>();
      judging.forEach(
          (domain, documents) ->
              tokens.put(domain, documents.stream().mapToLong(DocumentScore::tokens).sum()));
      return tokens;
    }

    Map<String, Double> means() {
      Map<String, Double> means = new TreeMap<>();
      judging.forEach((domain, documents) -> means.put(domain, DistanceToTarget.mean(documents)));
      return means;
    }
  }
}
