package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;
import lethe.target.Split;

/**
 * Runs that forget one task after the other, by the tasks: what a later run brings back of what an
 * earlier one forgot shows as a loss that falls again. A run is known for such a one by its split
 * {@code earlier}, whose requests have the names of the runs before it.
 *
 * @param tasks names of the runs, in order
 * @param before loss of the original model on the documents of each task, nats per token; null
 *     where it is not finite
 * @param after loss of each run's model on its own task and on each one before it
 */
record TaskLosses(
    List<String> tasks, Map<String, Double> before, Map<String, Map<String, Double>> after) {

  /**
   * @param runs names of their folders, in the order of the tasks
   * @param reports their report.json
   * @return none where they are no such runs
   */
  static Optional<TaskLosses> of(List<String> runs, List<JsonNode> reports) {
    if (runs.size() < 2) {
      return Optional.empty();
    }
    Map<String, Double> before = new LinkedHashMap<>();
    Map<String, Map<String, Double>> after = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      Map<String, Double> earlier = new TreeMap<>();
      for (JsonNode request : reports.get(i).path("earlier")) {
        earlier.put(
            request.path("request").asText(), number(request.at("/nll/" + ModelNames.UNLEARNED)));
      }
      if (!earlier.keySet().equals(Set.copyOf(runs.subList(0, i)))) {
        return Optional.empty();
      }
      Map<String, Double> own = new LinkedHashMap<>();
      runs.subList(0, i).forEach(task -> own.put(task, earlier.get(task)));
      own.put(runs.get(i), forget(reports.get(i), ModelNames.UNLEARNED));
      before.put(runs.get(i), forget(reports.get(i), ModelNames.ORIGINAL));
      after.put(runs.get(i), own);
    }
    return Optional.of(new TaskLosses(List.copyOf(runs), before, after));
  }

  private static Double forget(JsonNode report, String model) {
    for (JsonNode score : report.path("scores")) {
      if (score.path("model").asText().equals(model)
          && score.path("split").asText().equals(Split.FORGET.key())
          && score.path("domain").asText().equals(SplitScore.ALL)) {
        return number(score.path("nll"));
      }
    }
    return null;
  }

  private static Double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : null;
  }

  /** For a terminal: the runs from above, the tasks from left. */
  String table() {
    List<List<String>> lines = new ArrayList<>();
    List<String> header = new ArrayList<>(List.of("loss after"));
    header.addAll(tasks);
    lines.add(header);
    lines.add(line("none", before));
    after.forEach((run, own) -> lines.add(line(run, own)));
    return TextTable.of(1, lines);
  }

  private List<String> line(String name, Map<String, Double> losses) {
    List<String> line = new ArrayList<>(List.of(name));
    for (String task : tasks) {
      Double nll = losses.get(task);
      line.add(
          nll != null
              ? String.format(Locale.ROOT, "%.3f", nll)
              : losses.containsKey(task) ? "-" : "");
    }
    return line;
  }
}
