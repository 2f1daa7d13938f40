package lethe.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import lethe.evaluate.AnswerScores;
import lethe.evaluate.AnswerScores.SetScore;
import lethe.evaluate.AnswerScores.Summary;
import lethe.evaluate.Evaluation;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * What models answered to questions.
 *
 * @param sets the figures of each model and set
 * @param summaries those of several sets together
 * @param rows the first answers of each model and set, with their texts and the model's name; empty
 *     unless they were asked for
 */
record AnswerFindings(List<SetScore> sets, List<Summary> summaries, List<JsonNode> rows) {
  /** Answers of a model and set that are shown. */
  private static final int SHOWN = 10;

  /**
   * @param models that are reported on
   * @param examples whether answers themselves are wanted
   * @return nothing when no question was answered, or by other models
   * @throws lethe.settings.InvalidSettings when a file is damaged
   */
  static Optional<AnswerFindings> read(
      RunFolder folder, List<Evaluation.Model> models, boolean examples) {
    Map<String, String> fingerprints =
        models.stream()
            .collect(Collectors.toMap(Evaluation.Model::name, Evaluation.Model::fingerprint));
    return AnswerScores.read(folder)
        .filter(scores -> scores.asked().models().equals(fingerprints))
        .map(
            scores ->
                new AnswerFindings(
                    scores.sets(),
                    scores.summaries(),
                    examples
                        ? rows(folder, fingerprints.keySet().stream().sorted().toList())
                        : List.of()));
  }

  private static List<JsonNode> rows(RunFolder folder, List<String> models) {
    List<JsonNode> rows = new ArrayList<>();
    for (String model : models) {
      Path lines = folder.answerLines(model);
      Map<String, Integer> shown = new HashMap<>();
      if (folder.files().exists(lines)) {
        new String(folder.files().read(lines), StandardCharsets.UTF_8)
            .lines()
            .map(line -> row(lines, line))
            .filter(row -> shown.merge(row.path("set").asText(), 1, Integer::sum) <= SHOWN)
            .forEach(row -> rows.add(((ObjectNode) row).put("model", model)));
      }
    }
    return rows;
  }

  private static JsonNode row(Path file, String line) {
    try {
      return Json.MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidSettings(
          "Cannot read %s: a line is not JSON; evaluate again with overwrite=true".formatted(file),
          e);
    }
  }

  /** In sentences: one per set and model, and one per summary. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (SetScore set : sets) {
      lines.add(
          "%s, questions of %s (%s, %d rows): %s%s"
              .formatted(
                  set.model(),
                  set.set(),
                  set.use().name().toLowerCase(Locale.ROOT),
                  set.rows(),
                  set.figures().stream()
                      .filter(figure -> figure.value() != null)
                      .map(figure -> words(figure.name()) + " " + number(figure.value()))
                      .collect(Collectors.joining(", ")),
                  lost(set)));
    }
    for (Summary summary : summaries) {
      lines.add(
          "%s, %s%s: %s"
              .formatted(
                  summary.model(),
                  words(summary.name()),
                  summary.set() == null ? "" : " on " + summary.set(),
                  summary.value() == null
                      ? "not computed, " + Objects.requireNonNullElse(summary.missing(), "")
                      : number(summary.value())));
    }
    return lines;
  }

  private static String lost(SetScore set) {
    return (set.empty() > 0 ? "; %d empty answers".formatted(set.empty()) : "")
        + (set.unanswered() > 0
            ? "; %d questions fill the context and have no answer".formatted(set.unanswered())
            : "");
  }

  private static String words(String name) {
    return name.replace('_', ' ').replace("rouge ", "ROUGE-").replace("ROUGE-l", "ROUGE-L");
  }

  private static String number(double value) {
    return value != 0 && Math.abs(value) < 0.0005
        ? String.format(Locale.ROOT, "%.2e", value)
        : String.format(Locale.ROOT, "%.4f", value);
  }
}
