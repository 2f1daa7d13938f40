package lethe;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.corpus.CorpusSettings;
import lethe.evaluate.EvaluateSettings;
import lethe.model.Dtype;
import lethe.objective.Method;
import lethe.report.ReportSettings;
import lethe.settings.Section;
import lethe.settings.Settings;
import lethe.train.TrainSettings;

/**
 * One invocation: what is asked for, and every layer's settings, all read and checked before
 * anything is done.
 *
 * @param verb what to do
 * @param settings they were read from
 * @param runDir where the run is written
 * @param model the Hugging Face folder to unlearn
 * @param dtype of the written weights
 * @param sample where the sample corpus is made, if one is asked for
 * @param pretrain how the model is trained first, if it is
 * @param keepWeights of the splits that a method keeps
 * @param dryRun check everything, write nothing
 * @param overwrite run finished stages again
 */
record Job(
    Verb verb,
    Settings settings,
    String runDir,
    String model,
    Dtype dtype,
    Optional<String> sample,
    Optional<Pretrain> pretrain,
    CorpusSettings corpus,
    Method method,
    Map<String, Double> keepWeights,
    TrainSettings train,
    EvaluateSettings evaluate,
    ReportSettings report,
    boolean dryRun,
    boolean overwrite) {

  /**
   * Training from random weights.
   *
   * @param model folder with the config.json and tokenizer of the model
   * @param splits it is trained on
   * @param train how
   */
  record Pretrain(String model, List<String> splits, TrainSettings train) {}

  /**
   * Reads a run file and the pairs over it.
   *
   * @throws lethe.settings.InvalidSettings with every mistake of every stage
   */
  static Job read(Verb verb, Path file, List<String> pairs) {
    Settings settings = Settings.load(file, pairs);
    Section root = settings.root();
    Section model = root.section("model");
    Section unlearn = root.section("unlearn");
    Section pretrain = root.section("pretrain");
    Job job =
        new Job(
            verb,
            settings,
            root.section("run").text("dir"),
            model.text("path"),
            model.choice("dtype", Dtype.class),
            root.section("sample").optionalText("directory"),
            pretrain.flag("enabled")
                ? Optional.of(
                    new Pretrain(
                        pretrain.text("model"),
                        pretrain.texts("splits"),
                        TrainSettings.read(root, "pretrain")))
                : Optional.empty(),
            CorpusSettings.read(root),
            method(unlearn),
            weights(unlearn.section("retain-weights")),
            TrainSettings.read(root, "train"),
            EvaluateSettings.read(root),
            ReportSettings.read(root),
            root.flag("dry-run"),
            root.flag("overwrite"));
    if (verb == Verb.PRETRAIN && job.pretrain.isEmpty()) {
      settings.problem("Cannot pretrain: pretrain.enabled is false");
    }
    settings.check();
    return job;
  }

  private static Method method(Section unlearn) {
    try {
      return Method.of(unlearn.text("method"));
    } catch (IllegalArgumentException e) {
      unlearn.problem("method", "is not known. " + e.getMessage());
      return Method.of("gradient-ascent");
    }
  }

  private static Map<String, Double> weights(Section section) {
    section.allowOnly("retain", "general");
    Map<String, Double> weights = new LinkedHashMap<>();
    section.keys().forEach(split -> weights.put(split, section.number(split, 1e-9, 1e9)));
    return weights;
  }
}
