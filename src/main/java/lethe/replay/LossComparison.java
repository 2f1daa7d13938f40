package lethe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;

/**
 * The losses of two trainings of one run whose weights differ in their last bits, split by split.
 *
 * @param losses of the original and the unlearned model
 */
record LossComparison(List<Loss> losses) {
  /**
   * The mean loss of a model on a split, nats per token.
   *
   * @param certified by the certified model; not a number where it overflowed
   * @param replayed by the one that was trained again
   */
  record Loss(String model, String split, double certified, double replayed) {
    /** How far apart they are; infinite where only one is a number. */
    double distance() {
      if (Double.isNaN(certified) && Double.isNaN(replayed)) {
        return 0;
      }
      double distance = Math.abs(replayed - certified);
      return Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance;
    }
  }

  /**
   * Pairs the figures of two evaluations.
   *
   * @param certified as {@code scores/evaluation.json}
   * @param replayed the same of the replay
   */
  static LossComparison of(JsonNode certified, JsonNode replayed) {
    List<Loss> losses = new ArrayList<>();
    for (JsonNode row : certified.path("scores")) {
      String model = row.path("model").asText();
      boolean compared = model.equals(ModelNames.ORIGINAL) || model.equals(ModelNames.UNLEARNED);
      if (compared && row.path("domain").asText().equals(SplitScore.ALL)) {
        String split = row.path("split").asText();
        losses.add(new Loss(model, split, nll(row), nll(replayed, model, split)));
      }
    }
    return new LossComparison(losses);
  }

  private static double nll(JsonNode evaluation, String model, String split) {
    for (JsonNode row : evaluation.path("scores")) {
      if (row.path("model").asText().equals(model)
          && row.path("split").asText().equals(split)
          && row.path("domain").asText().equals(SplitScore.ALL)) {
        return nll(row);
      }
    }
    return Double.NaN;
  }

  private static double nll(JsonNode row) {
    return row.path("nll").asDouble(Double.NaN);
  }

  /** The pair that is farthest apart. */
  Loss farthest() {
    return losses.stream().max(Comparator.comparingDouble(Loss::distance)).orElseThrow();
  }

  /** A line for each pair. */
  List<String> lines() {
    return losses.stream()
        .map(
            loss ->
                String.format(
                    Locale.ROOT,
                    "%-9s  %-11s  certified %.6f  replayed %.6f  difference %+.6f",
                    loss.model(),
                    loss.split(),
                    loss.certified(),
                    loss.replayed(),
                    loss.replayed() - loss.certified()))
        .toList();
  }
}
