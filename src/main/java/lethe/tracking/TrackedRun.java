package lethe.tracking;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.json.Json;
import org.apache.hadoop.fs.Path;

/**
 * What a finished run has to show: the course of its trainings and the figures of its report. No
 * text and no name of a document is in it.
 *
 * @param trainings by stage, in their order
 * @param figures of the report by name, as {@code nll/unlearned/forget}
 * @param findings of the report in words, by name
 */
public record TrackedRun(
    Map<String, List<Step>> trainings, Map<String, Double> figures, Map<String, String> findings) {
  private static final List<String> STAGES =
      List.of("pretrain", "finetune", RunFolder.RANGE_TEST, RunFolder.UNLEARN, "retrain");

  private static final List<String> FIGURES =
      List.of("grad_norm", "learning_rate", "tokens_per_second", "wait_share");

  /**
   * A step of a training.
   *
   * @param step from 1
   * @param finished when it was applied
   * @param values by name: the mean of each term, then figures of the step; all finite
   */
  public record Step(long step, Instant finished, Map<String, Double> values) {}

  /** Reads the step records and the report of a run, as far as they are there. */
  public static TrackedRun read(RunFolder folder) {
    Map<String, List<Step>> trainings = new LinkedHashMap<>();
    for (String stage : STAGES) {
      List<Step> steps = steps(folder, stage);
      if (!steps.isEmpty()) {
        trainings.put(stage, steps);
      }
    }
    Optional.ofNullable(trainings.get(RunFolder.RANGE_TEST)).ifPresent(t -> curve(folder, t));
    Map<String, Double> figures = new LinkedHashMap<>();
    Map<String, String> findings = new LinkedHashMap<>();
    Path report = new Path(folder.report(), "report.json");
    if (folder.files().exists(report)) {
      report(folder.files().readJson(report), figures, findings);
    }
    return new TrackedRun(trainings, figures, findings);
  }

  /** A step that was made again after a crash is there twice, with the same values. */
  private static List<Step> steps(RunFolder folder, String stage) {
    Path path = folder.steps(stage);
    if (!folder.files().exists(path)) {
      return List.of();
    }
    TreeMap<Long, Step> steps = new TreeMap<>();
    new String(folder.files().read(path), StandardCharsets.UTF_8)
        .lines()
        .flatMap(line -> step(line).stream())
        .forEach(step -> steps.putIfAbsent(step.step, step));
    return new ArrayList<>(steps.values());
  }

  /** Adds the forget loss after each step of a range test, nats per token. */
  private static void curve(RunFolder folder, List<Step> steps) {
    JsonNode points =
        folder
            .files()
            .readObjectIfThere(folder.rangeTest(), "delete it")
            .<JsonNode>map(test -> test.at("/curve/points"))
            .orElseGet(MissingNode::getInstance);
    Map<Long, JsonNode> losses = new HashMap<>();
    points.forEach(point -> losses.put(point.path("steps").asLong(), point.path("nll")));
    steps.forEach(
        step ->
            put(
                step.values,
                "forget_loss",
                losses.getOrDefault(step.step, MissingNode.getInstance())));
  }

  private static Optional<Step> step(String line) {
    try {
      JsonNode record = Json.MAPPER.readTree(line);
      Map<String, Double> values = new LinkedHashMap<>();
      JsonNode losses = record.path("losses");
      losses.fieldNames().forEachRemaining(term -> put(values, "loss/" + term, losses.get(term)));
      FIGURES.forEach(name -> put(values, name, record.path(name)));
      return Optional.of(
          new Step(
              record.path("step").asLong(),
              Instant.parse(record.path("finished").asText()),
              values));
    } catch (JsonProcessingException | DateTimeException e) {
      return Optional.empty(); // the last line of a driver that died
    }
  }

  private static void put(Map<String, Double> values, String name, JsonNode value) {
    if (value.isNumber() && Double.isFinite(value.asDouble())) {
      values.put(name, value.asDouble());
    }
  }

  private static void report(
      JsonNode report, Map<String, Double> figures, Map<String, String> findings) {
    for (JsonNode score : report.path("scores")) {
      if (score.path("domain").asText().equals("*")) {
        String of = "/" + score.path("model").asText() + "/" + score.path("split").asText();
        put(figures, "nll" + of, score.path("nll"));
        put(figures, "accuracy" + of, score.path("accuracy"));
      }
    }
    put(figures, "target", report.path("target").path("nll"));
    put(figures, "distance", report.path("verdict").path("distance"));
    text(findings, "verdict", report.path("verdict").path("outcome"));
    text(findings, "headline", report.path("headline"));
    text(findings, "nearness", report.path("nearness"));
    for (JsonNode condition : report.path("conditions")) {
      text(findings, "condition " + condition.path("name").asText(), condition.path("state"));
    }
    JsonNode provenance = report.path("provenance");
    for (String name : List.of("lethe", "commit", "spark", "processor", "chunks_sha256")) {
      text(findings, name, provenance.path(name));
    }
  }

  private static void text(Map<String, String> findings, String name, JsonNode value) {
    if (value.isTextual()) {
      findings.put(name, value.asText());
    }
  }
}
