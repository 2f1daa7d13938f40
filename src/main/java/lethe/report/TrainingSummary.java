package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * What a stage's step records say.
 *
 * @param steps applied
 * @param tokens through forward and backward
 * @param seconds of all steps
 * @param restarts of the training stage: faults survived
 * @param curve the records, thinned to a few hundred
 */
record TrainingSummary(
    int steps, long tokens, double seconds, long restarts, List<JsonNode> curve) {
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
    List<JsonNode> steps = new ArrayList<>();
    String text = new String(folder.files().read(path), StandardCharsets.UTF_8);
    for (String line : text.lines().filter(l -> !l.isBlank()).toList()) {
      try {
        steps.add(Json.MAPPER.readTree(line));
      } catch (IOException e) {
        throw new InvalidSettings(
            "Cannot read line " + (steps.size() + 1) + " of " + path + ": it is not JSON", e);
      }
    }
    return Optional.of(of(steps));
  }

  static TrainingSummary of(List<JsonNode> steps) {
    long starts =
        steps.stream().map(s -> s.path("launch") + "/" + s.path("attempt")).distinct().count();
    int stride = Math.max(1, (steps.size() + CURVE_POINTS - 1) / CURVE_POINTS);
    List<JsonNode> curve = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      if (i % stride == 0 || i == steps.size() - 1) {
        curve.add(steps.get(i));
      }
    }
    return new TrainingSummary(
        steps.size(),
        steps.stream().mapToLong(s -> s.path("tokens").asLong()).sum(),
        steps.stream().mapToDouble(s -> s.path("seconds").asDouble()).sum(),
        Math.max(0, starts - 1),
        curve);
  }
}
