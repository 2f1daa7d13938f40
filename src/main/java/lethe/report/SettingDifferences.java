package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The settings in which runs of one method differ, besides the learning rate, so that runs with
 * different settings are not compared as one method.
 */
final class SettingDifferences {
  /** Settings that do not change a result or that have columns of their own in a comparison. */
  private static final List<String> ASIDE =
      List.of(
          "run.",
          "define.",
          "report.",
          "spark.",
          "dry-run",
          "overwrite",
          "unlearn.method",
          "train.learning-rate",
          "train.workers",
          "train.threads");

  private SettingDifferences() {}

  /**
   * @param runs the settings of each, as in run.json
   * @return for each run {@code key=value, ...}; empty where nothing differs
   */
  static List<String> of(List<JsonNode> runs) {
    List<Map<String, String>> flat = runs.stream().map(SettingDifferences::flat).toList();
    return IntStream.range(0, runs.size())
        .mapToObj(
            i -> {
              List<Map<String, String>> alike =
                  IntStream.range(0, runs.size())
                      .filter(k -> method(runs.get(k)).equals(method(runs.get(i))))
                      .mapToObj(flat::get)
                      .toList();
              return different(alike).stream()
                  .map(key -> key + "=" + flat.get(i).getOrDefault(key, ""))
                  .collect(Collectors.joining(", "));
            })
        .toList();
  }

  private static String method(JsonNode settings) {
    return settings.at("/unlearn/method").asText("");
  }

  private static List<String> different(List<Map<String, String>> runs) {
    Map<String, Set<String>> values = new TreeMap<>();
    for (Map<String, String> run : runs) {
      run.forEach((key, value) -> values.computeIfAbsent(key, k -> new HashSet<>()).add(value));
    }
    List<String> different = new ArrayList<>();
    values.forEach(
        (key, seen) -> {
          boolean everywhere = runs.stream().allMatch(run -> run.containsKey(key));
          if (seen.size() > 1 || !everywhere) {
            different.add(key);
          }
        });
    return different;
  }

  /** Values by full name; the run's own folder, which others are named after, is taken out. */
  private static Map<String, String> flat(JsonNode settings) {
    Map<String, String> flat = new TreeMap<>();
    flatten("", settings, settings.at("/run/dir").asText(""), flat);
    flat.keySet().removeIf(key -> ASIDE.stream().anyMatch(key::startsWith));
    return flat;
  }

  private static void flatten(String at, JsonNode node, String own, Map<String, String> flat) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              member ->
                  flatten(
                      at.isEmpty() ? member.getKey() : at + "." + member.getKey(),
                      member.getValue(),
                      own,
                      flat));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        flatten(at + "[" + i + "]", node.get(i), own, flat);
      }
    } else if (!node.isNull()) {
      String value = node.asText();
      boolean inside = !own.isEmpty() && (value.equals(own) || value.startsWith(own + "/"));
      flat.put(at, inside ? value.substring(own.length()) : value);
    }
  }
}
