package lethe;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lethe.corpus.CorpusSettings;
import lethe.evaluate.EvaluateSettings;
import lethe.model.Dtype;
import lethe.objective.UnlearnSettings;
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
 * @param sample the corpus and model to make first, if they are asked for
 * @param pretrain how the model is trained first, if it is
 * @param dryRun check everything, write nothing
 * @param overwrite run finished stages again
 */
record Job(
    Verb verb,
    Settings settings,
    String runDir,
    String model,
    Dtype dtype,
    Optional<Sample> sample,
    Optional<Pretrain> pretrain,
    CorpusSettings corpus,
    UnlearnSettings unlearn,
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
    Section pretrain = root.section("pretrain");
    Job job =
        new Job(
            verb,
            settings,
            root.section("run").text("dir"),
            model.text("path"),
            model.choice("dtype", Dtype.class),
            Sample.read(root),
            pretrain.flag("enabled")
                ? Optional.of(
                    new Pretrain(
                        pretrain.text("model"),
                        pretrain.texts("splits"),
                        TrainSettings.read(root, "pretrain")))
                : Optional.empty(),
            CorpusSettings.read(root),
            UnlearnSettings.read(root),
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
}
