package lethe.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.model.checkpoint.ModelOrigin;
import lethe.run.Build;
import lethe.run.Provenance;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.fs.Path;

/** What the folder of a run says of the run. */
final class Recorded {
  private static final String REMEDY = "restore it";

  private Recorded() {}

  /** {@code run.json}. */
  static JsonNode provenance(RunFolder run) {
    return run.files().readObject(run.provenance(), REMEDY);
  }

  /**
   * What {@code run.json} would be if the run went on now.
   *
   * @param record as it is
   * @param settings to go on with
   */
  static JsonNode with(JsonNode record, Settings settings) {
    ObjectNode now = record.deepCopy();
    Build build = Build.ofThisProgram();
    now.put("lethe", build.version());
    now.put("commit", build.commit());
    now.remove(Provenance.ENVIRONMENTS); // of workers that have not come yet
    try {
      now.set(Provenance.SETTINGS, Json.LENIENT.readTree(settings.json()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read the settings as JSON", e);
    }
    return now;
  }

  /** {@code scores/evaluation.json}. */
  static JsonNode evaluation(RunFolder run) {
    return run.files().readObject(run.evaluation(), REMEDY);
  }

  /** What the unlearned model was made from. */
  static ModelOrigin origin(RunFolder run) {
    return ModelOrigin.read(run.model(), run.files())
        .orElseThrow(
            () ->
                new InvalidSettings(
                    "Cannot replay %s: there is no %s, which says what its model was made from"
                        .formatted(run.root(), new Path(run.model(), ModelOrigin.FILE))));
  }

  /** The losses of each step of unlearning, by term; none for a method without steps. */
  static SortedMap<Integer, JsonNode> losses(RunFolder run) {
    SortedMap<Integer, JsonNode> losses = new TreeMap<>();
    Path file = run.steps(RunFolder.UNLEARN);
    if (run.files().exists(file)) {
      new String(run.files().read(file), StandardCharsets.UTF_8)
          .lines()
          .map(line -> json(line, file))
          .forEach(step -> losses.put(step.path("step").asInt(), step.path("losses")));
    }
    return losses;
  }

  private static JsonNode json(String line, Path file) {
    try {
      return Json.LENIENT.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidSettings("Cannot read %s: %s".formatted(file, e.getOriginalMessage()), e);
    }
  }
}
