package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lethe.target.Halves;
import lethe.target.Outcome;
import lethe.target.Target;

/**
 * Whether a model forgot what it should and no more: its forget loss against the target, both taken
 * from the half of the documents that did not steer the training.
 *
 * <pre>
 *   distance = nll_model(forget) - target,   target as in {@link Target}, from the original model
 * </pre>
 *
 * The interval draws documents anew within each split and domain.
 *
 * @param model judged
 * @param outcome under, matched or over, by the distance itself
 * @param nll of forget, judging half, nats a token; null when it is no finite number
 * @param target of the judging half, nats a token
 * @param distance nll minus target; null when it is no finite number
 * @param interval of the distance; null when it cannot be told
 * @param band half its width, nats a token
 * @param forgetDocuments in the judging half
 * @param approximateDocuments in the judging half
 * @param sole domains of which forget or approximate has one document, which both steers and judges
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Verdict(
    String model,
    Outcome outcome,
    Double nll,
    double target,
    Double distance,
    Interval interval,
    double band,
    int forgetDocuments,
    int approximateDocuments,
    List<String> sole) {

  /**
   * @param original its scores, all splits
   * @param judged the other model's scores, all splits
   * @param model its name
   * @param band nats a token
   * @param seed of the interval's draws
   * @return nothing when a domain to forget has no approximate document
   */
  static Optional<Verdict> of(
      List<DocumentScore> original,
      List<DocumentScore> judged,
      String model,
      double band,
      long seed) {
    Strata forget = new Strata(judged, "forget", d -> true);
    Strata approximate =
        new Strata(original, "approximate", d -> forget.byDomain.containsKey(d.domain()));
    if (forget.byDomain.isEmpty()
        || !approximate.byDomain.keySet().containsAll(forget.byDomain.keySet())) {
      return Optional.empty();
    }
    double nll = forget.mean(forget.once());
    double target = target(forget, forget.once(), approximate, approximate.once());
    double distance = nll - target;
    return Optional.of(
        new Verdict(
            model,
            Outcome.of(distance, band),
            SplitScores.finite(nll),
            target,
            SplitScores.finite(distance),
            interval(forget, approximate, seed),
            band,
            forget.size(),
            approximate.size(),
            soles(forget, approximate)));
  }

  private static double target(Strata forget, int[] f, Strata approximate, int[] a) {
    return Target.of(forget.tokens(f), approximate.means(a)).orElseThrow().nll();
  }

  private static Interval interval(Strata forget, Strata approximate, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] distances = new double[Bootstrap.DRAWS];
    for (int d = 0; d < distances.length; d++) {
      int[] f = forget.draw(random);
      int[] a = approximate.draw(random);
      distances[d] = forget.mean(f) - target(forget, f, approximate, a);
      if (!Double.isFinite(distances[d])) {
        return null;
      }
    }
    return Bootstrap.percentiles(distances);
  }

  private static List<String> soles(Strata forget, Strata approximate) {
    List<String> soles = new ArrayList<>(forget.sole);
    soles.addAll(approximate.sole);
    return soles.stream().distinct().sorted().toList();
  }

  /** The judging half of a split, by domain. */
  private static final class Strata {
    final Map<String, List<DocumentScore>> byDomain = new TreeMap<>();
    final List<String> sole = new ArrayList<>();

    Strata(List<DocumentScore> scores, String split, Predicate<DocumentScore> which) {
      Map<String, List<DocumentScore>> all =
          scores.stream()
              .filter(d -> d.split().equals(split))
              .filter(which)
              .collect(Collectors.groupingBy(DocumentScore::domain));
      all.forEach(
          (domain, documents) -> {
            Set<String> judging =
                Halves.judging(documents.stream().map(DocumentScore::document).toList());
            byDomain.put(
                domain, documents.stream().filter(d -> judging.contains(d.document())).toList());
            if (documents.size() == 1) {
              sole.add(domain);
            }
          });
    }

    int size() {
      return byDomain.values().stream().mapToInt(List::size).sum();
    }

    int[] once() {
      int[] times = new int[size()];
      java.util.Arrays.fill(times, 1);
      return times;
    }

    int[] draw(SplittableRandom random) {
      int[] times = new int[size()];
      int from = 0;
      for (List<DocumentScore> documents : byDomain.values()) {
        Bootstrap.draw(random, times, from, from + documents.size());
        from += documents.size();
      }
      return times;
    }

    double mean(int[] times) {
      double nll = 0;
      long tokens = 0;
      int i = 0;
      for (List<DocumentScore> documents : byDomain.values()) {
        for (DocumentScore document : documents) {
          nll += times[i] * document.nll();
          tokens += times[i++] * document.tokens();
        }
      }
      return nll / tokens;
    }

    Map<String, Long> tokens(int[] times) {
      Map<String, Long> tokens = new TreeMap<>();
      int i = 0;
      for (Map.Entry<String, List<DocumentScore>> domain : byDomain.entrySet()) {
        long sum = 0;
        for (DocumentScore document : domain.getValue()) {
          sum += times[i++] * document.tokens();
        }
        tokens.put(domain.getKey(), sum);
      }
      return tokens;
    }

    Map<String, Double> means(int[] times) {
      Map<String, Double> means = new TreeMap<>();
      Map<String, Long> tokens = tokens(times);
      int i = 0;
      for (Map.Entry<String, List<DocumentScore>> domain : byDomain.entrySet()) {
        double sum = 0;
        for (DocumentScore document : domain.getValue()) {
          sum += times[i++] * document.nll();
        }
        means.put(domain.getKey(), sum / tokens.get(domain.getKey()));
      }
      return means;
    }
  }
}
