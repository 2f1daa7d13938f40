package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lethe.evaluate.ModelNames;

/**
 * What a run's unlearned model answers, beside those of other runs: where each run goes on from the
 * one before, what an earlier one forgot and a later one says again.
 *
 * @param run its folder's name
 * @param sets figures by set of questions and name, null where a set has none; with {@code use},
 *     the set's own
 * @param summaries figures of several sets by name; null where they could not be computed
 */
record ComparedAnswers(
    String run, Map<String, Map<String, Object>> sets, Map<String, Double> summaries) {
  /** The key of what a set is for, beside its figures. */
  private static final String USE = "use";

  /** Figures of a set that the terminal shows. */
  private static final List<String> SHOWN =
      List.of("rouge_l_recall", "probability", "truth_ratio", "forget_efficacy");

  /**
   * @param run its folder's name
   * @param report its report.json
   * @return nothing set where no question was asked
   */
  static ComparedAnswers of(String run, JsonNode report) {
    Map<String, Map<String, Object>> sets = new LinkedHashMap<>();
    for (JsonNode set : report.at("/answers/sets")) {
      if (isUnlearned(set)) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put(USE, set.path(USE).asText().toLowerCase(Locale.ROOT));
        set.path("figures").forEach(f -> figures.put(f.path("name").asText(), value(f)));
        sets.put(set.path("set").asText(), figures);
      }
    }
    Map<String, Double> summaries = new LinkedHashMap<>();
    for (JsonNode summary : report.at("/answers/summaries")) {
      if (isUnlearned(summary)) {
        String name = summary.path("name").asText();
        Map<String, Object> own = sets.get(summary.path("set").asText());
        if (own == null) {
          summaries.put(name, value(summary));
        } else {
          own.put(name, value(summary));
        }
      }
    }
    return new ComparedAnswers(run, sets, summaries);
  }

  private static boolean isUnlearned(JsonNode entry) {
    return entry.path("model").asText().equals(ModelNames.UNLEARNED);
  }

  private static Double value(JsonNode entry) {
    return entry.path("value").isNumber() ? entry.path("value").asDouble() : null;
  }

  /**
   * A table per figure, the runs from above and the sets from left, as far as there are any.
   *
   * @param all the runs, in order
   */
  static String tables(List<ComparedAnswers> all) {
    Set<String> sets = new LinkedHashSet<>(); // those to forget first
    for (boolean forget : new boolean[] {true, false}) {
      for (ComparedAnswers run : all) {
        run.sets()
            .forEach(
                (set, figures) -> {
                  if (forget == "forget".equals(figures.get(USE))) {
                    sets.add(set);
                  }
                });
      }
    }
    StringBuilder text = new StringBuilder();
    for (String figure : SHOWN) {
      if (all.stream()
          .anyMatch(run -> run.sets().values().stream().anyMatch(s -> s.get(figure) != null))) {
        List<List<String>> lines = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of(figure.replace('_', ' ')));
        header.addAll(sets);
        lines.add(header);
        for (ComparedAnswers run : all) {
          List<String> line = new ArrayList<>(List.of(run.run()));
          sets.forEach(set -> line.add(number(run.sets().getOrDefault(set, Map.of()).get(figure))));
          lines.add(line);
        }
        text.append(TextTable.of(1, lines)).append('\n');
      }
    }
    return text.toString();
  }

  private static String number(Object value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.4f", (Double) value);
  }
}
