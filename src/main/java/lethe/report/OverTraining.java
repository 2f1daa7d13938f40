package lethe.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ModelNames;

/**
 * The figures of a run over its training: of the original, of the models that unlearning kept on
 * its way, and of the unlearned one.
 *
 * @param steps of each model, ascending from 0, the original
 * @param end the steps of the unlearned model; null where the run does not record them, and then it
 *     is not among the models
 * @param curves one per figure, split and domain
 */
record OverTraining(List<Integer> steps, Integer end, List<Curve> curves) {
  /**
   * A figure over the training.
   *
   * @param metric as the table of scores names it
   * @param domain or {@code *}
   * @param values in the order of the steps; null where there is none or it is not finite
   */
  record Curve(String metric, String split, String domain, List<Double> values) {}

  /** Figures that the page draws. */
  private static final Pattern DRAWN =
      Pattern.compile(
          "scores\\.(nll|accuracy)|truths\\.(divergence|jensen_shannon|agreement)"
              + "|membership\\..*\\.auc|memory_comparisons\\.excess|entropies\\.difference"
              + "|tasks\\..*\\.accuracy");

  /**
   * @param evaluation of all models
   * @param end steps of the unlearned model, where they are recorded
   * @return nothing when no model was kept on the way
   */
  static Optional<OverTraining> of(Evaluation evaluation, Optional<Integer> end) {
    TreeMap<Integer, String> models = new TreeMap<>();
    for (Evaluation.Model model : evaluation.models()) {
      ModelNames.steps(model.name()).ifPresent(step -> models.put(step, model.name()));
    }
    if (models.isEmpty()) {
      return Optional.empty();
    }
    models.put(0, ModelNames.ORIGINAL);
    end.ifPresent(steps -> models.put(steps, ModelNames.UNLEARNED));
    List<String> names = List.copyOf(models.values());
    Map<List<String>, Double[]> curves = new LinkedHashMap<>();
    for (ScoreRow row : ReportScores.rows(evaluation, List.of(), List.of())) {
      int place = names.indexOf(row.model());
      if (place >= 0 && DRAWN.matcher(row.metric()).matches()) {
        curves
                .computeIfAbsent(
                    List.of(row.metric(), row.split(), row.domain()),
                    r -> new Double[names.size()])[place] =
            row.value();
      }
    }
    List<Curve> drawn = new ArrayList<>();
    curves.forEach(
        (key, values) ->
            drawn.add(new Curve(key.get(0), key.get(1), key.get(2), Arrays.asList(values))));
    return Optional.of(
        new OverTraining(List.copyOf(models.keySet()), end.orElse(null), List.copyOf(drawn)));
  }
}
