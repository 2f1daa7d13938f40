package lethe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import lethe.folder.RunFolder;
import lethe.model.checkpoint.ModelOrigin;
import lethe.run.Verb;

/**
 * Compares what a replay has trained with what was certified.
 *
 * @param run that is certified
 * @param certified its weights, as the certificate names them
 * @param place of the replay
 * @param tolerance most nats per token between two losses; empty for {@code stop.band} of the run
 */
record ReplayOutcome(
    RunFolder run,
    Weights certified,
    ReplayFolder place,
    ReplayStages stages,
    OptionalDouble tolerance) {
  /** Why the certificate does not hold; empty where it does. */
  Optional<String> compare() {
    Optional<Weights.Difference> difference = certified.firstDifference(Weights.of(place.folder()));
    if (difference.isEmpty()) {
      certified
          .sha256()
          .forEach((name, sha256) -> stages.say("%s has the SHA-256 %s".formatted(name, sha256)));
      stages.say("replayed: the same weights");
      place.end("the same weights", true);
      return Optional.empty();
    }
    List<String> conditions =
        Conditions.differences(Recorded.provenance(run), Recorded.provenance(place.folder()));
    if (conditions.isEmpty()) {
      place.end("other weights", false);
      return Optional.of(String.join("\n  ", otherWeights(difference.get())));
    }
    stages.say("the weights have other bits: " + difference.get().sentence());
    conditions.forEach(condition -> stages.say("bits may differ, because of " + condition));
    return compareLosses();
  }

  private List<String> otherWeights(Weights.Difference first) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "Replayed: other weights, with the same processor, threads, Lethe and PyTorch; what was trained again is in "
            + place.folder().root());
    lines.add(first.sentence());
    firstOtherStep().ifPresent(lines::add);
    ModelOrigin.Inputs was = Recorded.origin(run).made();
    ModelOrigin.Inputs is = Recorded.origin(place.folder()).made();
    was.models()
        .forEach(
            (use, fingerprint) -> {
              if (!fingerprint.equals(is.models().get(use))) {
                lines.add(
                    "it was made from another %s model: certified with the fingerprint %s, replayed with %s"
                        .formatted(use, fingerprint, is.models().get(use)));
              }
            });
    return lines;
  }

  /** The first step of unlearning whose losses are others. */
  private Optional<String> firstOtherStep() {
    SortedMap<Integer, JsonNode> was = Recorded.losses(run);
    SortedMap<Integer, JsonNode> is = Recorded.losses(place.folder());
    SortedSet<Integer> steps = new TreeSet<>(was.keySet());
    steps.addAll(is.keySet());
    return steps.stream()
        .filter(step -> was.get(step) == null || !was.get(step).equals(is.get(step)))
        .findFirst()
        .map(
            step ->
                "the first step of unlearning with other losses is %d: certified %s, replayed %s"
                    .formatted(step, was.get(step), is.get(step)));
  }

  private Optional<String> compareLosses() {
    stages.run(Verb.EVALUATE);
    LossComparison losses =
        LossComparison.of(Recorded.evaluation(run), Recorded.evaluation(place.folder()));
    stages.say("mean losses in nats per token:");
    losses.lines().forEach(stages.console()::say);
    LossComparison.Loss farthest = losses.farthest();
    double most =
        tolerance.orElseGet(() -> Recorded.provenance(run).at("/settings/stop/band").asDouble());
    boolean holds = farthest.distance() <= most;
    String found =
        String.format(
            Locale.ROOT,
            "the largest difference is %.6f (%s, %s), the tolerance %.6f nats per token",
            farthest.distance(),
            farthest.model(),
            farthest.split(),
            most);
    place.end(found, holds);
    if (!holds) {
      return Optional.of(
          "Replayed: other losses; what was trained again is in %s\n  %s"
              .formatted(place.folder().root(), found));
    }
    stages.say("replayed: other bits, and the same losses within the tolerance: " + found);
    return Optional.empty();
  }
}
