package lethe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.run.Provenance;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.RecordedSettings;
import lethe.settings.Settings;
import org.apache.hadoop.fs.Path;

/**
 * The settings of a replay: those of the run's record, in another folder. What the run made there
 * (a sample, a model that it pretrained or finetuned) is made again in the replay's folder; all
 * other paths are inputs and stay.
 *
 * @param settings of it
 * @param folder of it
 */
record ReplaySettings(Settings settings, RunFolder folder) {
  /** What decides nothing before the model is written. */
  private static final List<String> LEFT_OUT =
      List.of(
          "bench",
          "continual",
          "corpus.reuse", // another run's chunks
          "define",
          "dry-run",
          "evaluate.answers",
          "evaluate.at-steps",
          "evaluate.models",
          "evaluate.retrain",
          "evaluate.retrained",
          "evaluate.retrained-again",
          "evaluate.robustness",
          "evaluate.tasks",
          "nightly",
          "overwrite",
          "report",
          "run.keep",
          "sweep",
          "track");

  /** Where inputs are, which may be elsewhere by now: their content is compared. */
  private static final Set<String> PLACES =
      Set.of(
          "corpus.sources",
          "finetune.initial-weights",
          "model.path",
          "pretrain.model",
          "unlearn.initial-weights",
          "unlearn.reinforced-model",
          "unlearn.rejections",
          "unlearn.replacements",
          "unlearn.teacher",
          "corpus.splits.forget.requests",
          "corpus.splits.earlier.requests");

  /**
   * Reads the record of a run.
   *
   * @param run that is certified
   * @param into the folder of the replay
   * @param pairs {@code key=value} over the record: what it withholds, where inputs are, and what
   *     decides no result
   * @throws InvalidSettings when the record cannot be used, or a pair decides the result
   */
  static ReplaySettings of(RunFolder run, RunFolder into, List<String> pairs) {
    JsonNode record = run.files().readObject(run.provenance(), "restore it");
    Map<String, String> moves = new LinkedHashMap<>();
    String sample = record.at("/settings/sample/directory").asText("");
    if (record.at("/settings/sample/directory").isTextual() && !sample.isEmpty()) {
      moves.put(qualified(sample, run.files()), new Path(into.root(), "sample").toString());
    }
    moves.put(run.original().toString(), into.original().toString());
    moves.put(run.finetuned().toString(), into.finetuned().toString());
    RecordedSettings recorded =
        RecordedSettings.of(
            record.path(Provenance.SETTINGS).toString(),
            Optional.ofNullable(record.get(Provenance.WITHOUT_METHOD)).map(JsonNode::toString));
    for (String key : LEFT_OUT) {
      recorded = recorded.without(key);
    }
    recorded = recorded.mapped(text -> moved(text, moves, run.files()));
    List<String> all = new ArrayList<>(pairs);
    all.add("run.dir=" + Json.text(into.root().toString()));
    Settings settings = recorded.with(all);
    settings.check();
    List<String> others = Provenance.differences(recorded.json(), settings, PLACES);
    if (!others.isEmpty()) {
      List<String> lines = new ArrayList<>();
      lines.add("Cannot replay %s with settings that make another model:".formatted(run.root()));
      lines.addAll(others);
      throw new InvalidSettings(lines);
    }
    return new ReplaySettings(settings, into);
  }

  private static String qualified(String text, Files files) {
    return files.qualified(Files.path(text)).toString();
  }

  /**
   * @param moves folders by where they were, qualified
   */
  private static String moved(String text, Map<String, String> moves, Files files) {
    for (Map.Entry<String, String> move : moves.entrySet()) {
      String name = move.getKey().substring(move.getKey().lastIndexOf('/') + 1);
      if (text.contains(name)) { // few texts are paths at all
        Optional<String> path = path(text, files);
        if (path.filter(move.getKey()::equals).isPresent()) {
          return move.getValue();
        }
        if (path.filter(p -> p.startsWith(move.getKey() + "/")).isPresent()) {
          return move.getValue() + path.get().substring(move.getKey().length());
        }
      }
    }
    return text;
  }

  private static Optional<String> path(String text, Files files) {
    try {
      return Optional.of(qualified(text, files));
    } catch (IllegalArgumentException | UncheckedIOException e) { // a text that is no path
      return Optional.empty();
    }
  }

  /** The settings of one stage. */
  RunConfig config(Verb verb) {
    RunConfig config = RunConfig.parse(verb, settings);
    config.settings().check();
    if (SubmitArguments.driverIsElsewhere(config)) {
      throw new InvalidSettings(
          "Cannot replay with spark.submit.deployMode=cluster: a driver there has not this command line; add spark.submit.deployMode=client");
    }
    return config;
  }

  /** The stages up to the model, in order. */
  List<Verb> trainings() {
    RunConfig config = RunConfig.parse(Verb.PREPARE, settings);
    List<Verb> stages = new ArrayList<>();
    if (config.pretrain().isPresent()) {
      stages.add(Verb.PRETRAIN);
    }
    String finetuned = folder.finetuned().toString();
    if (config.unlearn().initialWeights().filter(finetuned::equals).isPresent()
        || config.unlearn().reinforcedModel().filter(finetuned::equals).isPresent()
        || config.unlearn().stored().teacher().filter(finetuned::equals).isPresent()) {
      stages.add(Verb.FINETUNE);
    }
    stages.add(Verb.UNLEARN);
    return stages;
  }
}
