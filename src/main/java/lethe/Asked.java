package lethe;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;
import lethe.evaluate.EvaluateSettings;
import lethe.evaluate.TaskFile;
import lethe.folder.Files;
import lethe.folder.RunFolder;

/**
 * What an evaluation was asked for, so that one that is asked for something else later is not taken
 * for finished. Making it anew costs little: scores that stand are kept.
 *
 * @param folder of the run
 */
record Asked(RunFolder folder) {

  /**
   * What settings ask for.
   *
   * @param models folders by name
   */
  static Map<String, Object> of(
      EvaluateSettings settings, Map<String, String> models, Files files) {
    Map<String, String> tasks = new TreeMap<>();
    settings.tasks().forEach(task -> tasks.put(task.name(), new TaskFile(task, files).sha256()));
    Map<String, Object> asked = new TreeMap<>();
    asked.put("models", new TreeMap<>(models));
    asked.put("tasks", tasks);
    asked.put("band", settings.band());
    asked.put("examples", settings.examples());
    asked.put("micro_batch", settings.microBatch());
    asked.put("precision", settings.compute().precision());
    asked.put("seed", settings.seed());
    return asked;
  }

  /** Whether the evaluation that stands was asked for the same; an older one does not say. */
  boolean same(Map<String, Object> asked) {
    if (!folder.files().exists(folder.asked())) {
      return false;
    }
    JsonNode before = folder.files().readJson(folder.asked());
    return Files.json(before).equals(Files.json(asked)); // as text: JSON has other number types
  }

  void write(Map<String, Object> asked) {
    folder.files().writeJson(folder.asked(), asked);
  }
}
