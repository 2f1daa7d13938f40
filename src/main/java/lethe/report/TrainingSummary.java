package lethe.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.json.Json;
import org.apache.hadoop.fs.Path;

/**
 * What a stage's step records say. Lost and damaged records are counted, and change nothing else.
 *
 * @param steps applied
 * @param missing how many of these have no record, so that tokens and seconds are too small
 * @param tokens through forward and backward
 * @param seconds of all steps
 * @param restarts of the training stage: faults survived
 * @param curve the records, thinned to a few hundred
 */
record TrainingSummary(
    int steps, int missing, long tokens, double seconds, long restarts, List<JsonNode> curve) {
  private static final int CURVE_POINTS = 400;

  /**
   * @param stage for example {@code unlearn}
   * @return nothing when the run has no record of it
   */
  static Optional<TrainingSummary> read(RunFolder folder, String stage) {
    Path path = folder.steps(stage);
    if (!folder.files().exists(path)) {
      return Optional.empty();
    }
    TreeMap<Integer, JsonNode> records = new TreeMap<>();
    String text = new String(folder.files().read(path), StandardCharsets.UTF_8);
    text.lines()
        .flatMap(line -> record(line).stream())
        .forEach(r -> records.putIfAbsent(step(r), r));
    int applied = stage.equals(RunFolder.UNLEARN) ? keptSteps(folder) : 0;
    return Optional.of(of(records, Math.max(applied, records.isEmpty() ? 0 : records.lastKey())));
  }

  private static Optional<JsonNode> record(String line) {
    try {
      return Optional.of(Json.MAPPER.readTree(line)).filter(record -> step(record) > 0);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static int step(JsonNode record) {
    return record.path("step").asInt();
  }

  /** The steps that the unlearned weights come from; 0 where that is not recorded. */
  static int keptSteps(RunFolder folder) {
    return folder
        .files()
        .readObjectIfThere(folder.coverage(), CoverageReport.REMEDY)
        .map(coverage -> coverage.path("steps").asInt())
        .orElse(0);
  }

  /**
   * What a reader should know about records that are not there.
   *
   * @param summary of the unlearning
   */
  static Optional<String> gap(RunFolder folder, Optional<TrainingSummary> summary) {
    if (summary.isPresent()) {
      return summary
          .filter(s -> s.missing > 0)
          .map(
              s ->
                  "the records of %d of %d steps of the training are missing or damaged: tokens, seconds and cost count the others only"
                      .formatted(s.missing, s.steps));
    }
    return keptSteps(folder) == 0
        ? Optional.empty()
        : Optional.of(
            "the training's step records are missing: " + folder.steps(RunFolder.UNLEARN));
  }

  private static TrainingSummary of(TreeMap<Integer, JsonNode> records, int applied) {
    List<JsonNode> steps = List.copyOf(records.values());
    long starts =
        steps.stream()
            .map(s -> s.path("driver") + "/" + s.path("launch") + "/" + s.path("attempt"))
            .distinct()
            .count();
    int stride = Math.max(1, (steps.size() + CURVE_POINTS - 1) / CURVE_POINTS);
    List<JsonNode> curve = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      if (i % stride == 0 || i == steps.size() - 1) {
        curve.add(steps.get(i));
      }
    }
    return new TrainingSummary(
        applied,
        applied - steps.size(),
        steps.stream().mapToLong(s -> s.path("tokens").asLong()).sum(),
        steps.stream().mapToDouble(s -> s.path("seconds").asDouble()).sum(),
        Math.max(0, starts - 1),
        curve);
  }
}
