package lethe.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.json.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The means of the terms in a training that has ended, as {@code steps.jsonl} has them. */
public final class StepLosses {
  private static final Logger LOG = LoggerFactory.getLogger(StepLosses.class);

  private StepLosses() {}

  /**
   * Reads them; damaged records are none.
   *
   * @param stage its name in the run folder
   * @return by the number of steps that had been applied, each by role, nats
   */
  public static Map<Integer, Map<String, Double>> read(RunFolder folder, String stage) {
    Map<Integer, Map<String, Double>> losses = new HashMap<>();
    String lines = new String(folder.files().read(folder.steps(stage)), StandardCharsets.UTF_8);
    lines.lines().forEach(line -> read(line, losses));
    return losses;
  }

  private static void read(String line, Map<Integer, Map<String, Double>> losses) {
    try {
      JsonNode record = Json.MAPPER.readTree(line);
      Map<String, Double> terms = new TreeMap<>();
      record
          .path("losses")
          .properties()
          .forEach(term -> terms.put(term.getKey(), term.getValue().asDouble()));
      losses.put(record.path("step").asInt() - 1, terms);
    } catch (JsonProcessingException e) {
      LOG.warn("a record of {} steps is damaged: nothing depends on it", losses.size());
    }
  }
}
