package lethe.report;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.DivergenceScore;
import lethe.evaluate.ModelNames;
import lethe.evaluate.Nearer;
import lethe.evaluate.SplitScore;
import lethe.target.Split;

/**
 * The statement that a run with a retrained model is judged by: whether the unlearned model is
 * nearer to it than the original was, on the documents to forget.
 */
final class Nearness {
  private Nearness() {}

  /**
   * @param distances of the models from the retrained one
   * @return a sentence with its numbers; empty when there is no retrained model, or nothing to
   *     compare
   */
  static Optional<String> sentence(List<DistanceToRetrained> distances) {
    Optional<DivergenceScore> unlearned = forget(distances, ModelNames.UNLEARNED);
    Optional<DivergenceScore> original = forget(distances, ModelNames.ORIGINAL);
    return unlearned.isEmpty() || original.isEmpty() || unlearned.get().nearer() == null
        ? Optional.empty()
        : Optional.of(
            statement(unlearned.get().nearer())
                + between(unlearned.get(), original.get())
                + scale(distances));
  }

  private static Optional<DivergenceScore> forget(
      List<DistanceToRetrained> distances, String model) {
    return distances.stream()
        .filter(distance -> distance.model().equals(model))
        .flatMap(distance -> distance.splits().stream())
        .filter(score -> score.split().equals(Split.FORGET.key()))
        .filter(score -> score.domain().equals(SplitScore.ALL))
        .findFirst();
  }

  private static String statement(Nearer nearer) {
    return switch (nearer.outcome()) {
      case NEARER ->
          "Nearer to the retrained model than the original was, on the documents to forget";
      case FARTHER ->
          "Farther from the retrained model than the original was, on the documents to forget";
      case UNDECIDED ->
          "Nearer to or farther from the retrained model than the original was, on the documents to forget: too few or too different documents to say";
    };
  }

  private static String between(DivergenceScore unlearned, DivergenceScore original) {
    Nearer nearer = unlearned.nearer();
    if (nearer.difference() == null) {
      return ": its predictions there are not finite numbers.";
    }
    return String.format(
        Locale.ROOT,
        ". Divergence of predictions: %s, the original %s nats per token: %+.3f%s.",
        number(unlearned.divergence()),
        number(original.divergence()),
        nearer.difference(),
        nearer.interval() == null
            ? ""
            : " (95 % interval " + Headline.interval(nearer.interval()) + ")");
  }

  /** What distances of such models are like where nothing was forgotten. */
  private static String scale(List<DistanceToRetrained> distances) {
    String floor =
        distances.stream()
            .map(DistanceToRetrained::floor)
            .filter(f -> f != null)
            .findFirst()
            .map(f -> " On text that neither saw, the original is " + number(f) + " away.")
            .orElse("");
    return floor
        + forget(distances, ModelNames.RETRAINED_AGAIN)
            .map(s -> " A second retrained model is " + number(s.divergence()) + " away.")
            .orElse("");
  }

  private static String number(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }
}
