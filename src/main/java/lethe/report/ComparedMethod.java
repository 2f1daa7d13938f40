package lethe.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The runs of one method and variant together, and how wide the range of learning rates is that
 * work.
 *
 * <pre>  decades = log10(highest / lowest)  </pre>
 *
 * over the longest sequence of neighbouring tried rates at which every run ended with its forget
 * loss in the target's band and its loss on holdout within the holdout band around the original's.
 * In the spirit of the tuning guide of Yao et al., arXiv:2402.15159.
 *
 * @param method of unlearning
 * @param variant other settings in which runs of the method differ
 * @param runs how many there are
 * @param reached how many of them ended with their forget loss in the band
 * @param lowest rate of that sequence; null when no rate is in it
 * @param highest rate of that sequence
 * @param decades its width; 0 for a single rate, null for none
 * @param leastDamage among the runs that reached the target, nats per token; null when none did
 * @param leastDamaged the name of that run
 */
@JsonNaming(SnakeCaseStrategy.class)
record ComparedMethod(
    String method,
    String variant,
    int runs,
    long reached,
    Double lowest,
    Double highest,
    Double decades,
    Double leastDamage,
    String leastDamaged) {

  /** The methods in the order of their first runs. */
  static List<ComparedMethod> of(List<ComparedRun> runs) {
    Map<List<String>, List<ComparedRun>> groups = new LinkedHashMap<>();
    for (ComparedRun run : runs) {
      groups.computeIfAbsent(List.of(run.method(), run.variant()), g -> new ArrayList<>()).add(run);
    }
    return groups.values().stream().map(ComparedMethod::group).toList();
  }

  /** The run that reached its target with the least damage. */
  static Optional<ComparedRun> best(List<ComparedRun> runs) {
    return runs.stream()
        .filter(run -> run.damageAtTarget() != null)
        .min(Comparator.comparingDouble(ComparedRun::damageAtTarget));
  }

  private static ComparedMethod group(List<ComparedRun> runs) {
    Optional<ComparedRun> best = best(runs);
    List<Double> stretch = stretch(runs);
    Double lowest = stretch.isEmpty() ? null : stretch.get(0);
    Double highest = stretch.isEmpty() ? null : stretch.get(stretch.size() - 1);
    return new ComparedMethod(
        runs.get(0).method(),
        runs.get(0).variant(),
        runs.size(),
        runs.stream().filter(ComparedRun::matched).count(),
        lowest,
        highest,
        stretch.isEmpty() ? null : Math.log10(highest / lowest),
        best.map(ComparedRun::damageAtTarget).orElse(null),
        best.map(ComparedRun::run).orElse(null));
  }

  /** The longest sequence of rates within the bands; of two equally long ones the lower one. */
  private static List<Double> stretch(List<ComparedRun> runs) {
    Map<Double, Boolean> within = new TreeMap<>();
    for (ComparedRun run : runs) {
      if (run.learningRate() != null) {
        within.merge(run.learningRate(), run.withinBands(), Boolean::logicalAnd);
      }
    }
    List<Double> longest = new ArrayList<>();
    List<Double> now = new ArrayList<>();
    for (Map.Entry<Double, Boolean> rate : within.entrySet()) {
      if (!rate.getValue()) {
        now.clear();
        continue;
      }
      now.add(rate.getKey());
      if (longest.isEmpty() || width(now) > width(longest)) {
        longest = List.copyOf(now);
      }
    }
    return longest;
  }

  private static double width(List<Double> rates) {
    return rates.get(rates.size() - 1) / rates.get(0);
  }
}
