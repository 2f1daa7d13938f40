package lethe.run;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.corpus.CorpusSettings;
import lethe.evaluate.EvaluateSettings;
import lethe.model.checkpoint.Dtype;
import lethe.objective.UnlearnSettings;
import lethe.objective.ViewKind;
import lethe.report.ReportSettings;
import lethe.settings.Section;
import lethe.settings.Settings;
import lethe.target.Split;
import lethe.target.TargetStopSettings;
import lethe.tracking.TrackSettings;
import lethe.train.TrainSettings;

/**
 * One invocation: its verb and every layer's settings, all read and checked before anything is
 * done.
 *
 * @param verb what to do
 * @param settings they were read from
 * @param runDir where the run is written
 * @param model the Hugging Face folder to unlearn
 * @param dtype of the written weights
 * @param shardBytes most bytes of weights per written file
 * @param sample the corpus and model to make first, if they are asked for
 * @param pretrain how the model is trained first, if it is
 * @param finetune what the verb finetune does
 * @param retrain what the verb retrain does
 * @param plaintext whether gradients may travel unencrypted on a cluster
 * @param runDirShared whether all hosts mount the run folder where its path is a local one
 * @param keep what is kept after the report
 * @param track where else the run is shown
 * @param dryRun check everything, write nothing
 * @param overwrite run finished stages again
 */
public record RunConfig(
    Verb verb,
    Settings settings,
    String runDir,
    String model,
    Dtype dtype,
    long shardBytes,
    Optional<Sample> sample,
    Optional<PretrainSettings> pretrain,
    DescentSettings finetune,
    DescentSettings retrain,
    CorpusSettings corpus,
    UnlearnSettings unlearn,
    TrainSettings train,
    TargetStopSettings stop,
    EvaluateSettings evaluate,
    ReportSettings report,
    boolean plaintext,
    boolean runDirShared,
    Keep keep,
    TrackSettings track,
    boolean dryRun,
    boolean overwrite) {

  /**
   * Training from random weights.
   *
   * @param model folder with the config.json and tokenizer of the model
   * @param splits it is trained on
   * @param train how
   */
  public record PretrainSettings(String model, List<String> splits, TrainSettings train) {}

  /**
   * Plain descent from existing weights.
   *
   * @param initialWeights Hugging Face folder of the weights to begin with, if it is not the usual
   *     one
   * @param splits it is trained on
   * @param train how
   */
  public record DescentSettings(
      Optional<String> initialWeights, List<String> splits, TrainSettings train) {

    private static DescentSettings read(
        Section root, String name, List<String> otherwise, String... under) {
      Section section = root.section(name);
      List<String> splits = section.has("splits") ? section.strings("splits") : otherwise;
      return new DescentSettings(
          section.optionalText("initial-weights"), splits, TrainSettings.read(root, name, under));
    }
  }

  /**
   * Reads a run file and the pairs over it.
   *
   * @throws lethe.settings.InvalidSettings with every mistake of every stage
   */
  public static RunConfig read(Verb verb, Path file, List<String> pairs) {
    RunConfig config = parse(verb, file, pairs);
    config.settings.check();
    return config;
  }

  /**
   * Reads the same, and keeps every mistake in {@link #settings}: nothing may be written before
   * they have been checked.
   *
   * @throws lethe.settings.InvalidSettings when the run file cannot be read at all
   */
  public static RunConfig parse(Verb verb, Path file, List<String> pairs) {
    return parse(verb, Settings.load(file, pairs));
  }

  /** The same for settings that have been read. */
  public static RunConfig parse(Verb verb, Settings settings) {
    Section root = settings.root();
    Section plain = settings.withoutMethod();
    Section model = root.section("model");
    Section pretrain = root.section("pretrain");
    RunConfig config =
        new RunConfig(
            verb,
            settings,
            root.section("run").string("dir"),
            model.string("path"),
            model.choice("dtype", Dtype.class),
            1_000_000L * model.count("shard-megabytes", 1),
            Sample.read(root),
            pretrain.bool("enabled")
                ? Optional.of(
                    new PretrainSettings(
                        pretrain.string("model"),
                        pretrain.strings("splits"),
                        TrainSettings.read(plain, "pretrain")))
                : Optional.empty(),
            DescentSettings.read(plain, "finetune", List.of()),
            DescentSettings.read(plain, "retrain", kept(pretrain.strings("splits")), "pretrain"),
            CorpusSettings.read(root),
            UnlearnSettings.read(root),
            TrainSettings.read(root, "train"),
            TargetStopSettings.read(root),
            EvaluateSettings.read(root),
            ReportSettings.read(root),
            root.section("security").bool("plaintext"),
            root.section("run").bool("dir-is-shared"),
            root.section("run").choice("keep", Keep.class),
            TrackSettings.read(root),
            root.bool("dry-run"),
            root.bool("overwrite"));
    if (verb == Verb.PRETRAIN && config.pretrain.isEmpty()) {
      settings.problem("Cannot pretrain: pretrain.enabled is false");
    }
    if (config.train.projects() && config.unlearn.roles().size() == 1) {
      root.section("train")
          .problem(
              "gradient-mode",
              "must be summed or separate for %s, which keeps nothing that forgetting could conflict with"
                  .formatted(config.unlearn.method().name()));
    }
    config.checkDescents(root);
    if (config.stop.atTarget()
        && config.checks(Verb.UNLEARN)
        && !root.section("corpus").section("splits").has(Split.APPROXIMATE.key())) {
      root.section("stop")
          .problem(
              "at-target",
              "must be false without corpus.splits.approximate, which the target comes from");
    }
    new SettingRules(config, root).check();
    return config;
  }

  /** All splits but the documents to forget. */
  private static List<String> kept(List<String> splits) {
    return splits.stream().filter(split -> !split.equals(Split.FORGET.key())).toList();
  }

  /** Whether this invocation includes a stage. */
  public boolean does(Verb stage) {
    return verb.does(stage) || (verb == Verb.RUN && stage == Verb.RETRAIN && evaluate.retrain());
  }

  /** Whether the checks before the start cover what a stage needs. */
  public boolean checks(Verb stage) {
    return verb.looks()
        ? Verb.RUN.does(stage) || (stage == Verb.RETRAIN && evaluate.retrain())
        : does(stage);
  }

  /** Whether some stage of this invocation makes training steps, so that workers are needed. */
  public boolean makesSteps() {
    return verb.trains()
        && ((checks(Verb.UNLEARN) && unlearn.method().trains())
            || (checks(Verb.PRETRAIN) && pretrain.isPresent())
            || checks(Verb.FINETUNE)
            || checks(Verb.RETRAIN)
            || (checks(Verb.EVALUATE) && !evaluate.robustness().relearnSteps().isEmpty()));
  }

  /** Whether a term of the method takes such a view of examples. */
  public boolean needs(ViewKind kind) {
    return unlearn.roles().stream().anyMatch(role -> role.term().views().contains(kind));
  }

  private void checkDescents(Section root) {
    Map<String, TrainSettings> trained = new LinkedHashMap<>();
    pretrain
        .filter(how -> checks(Verb.PRETRAIN))
        .ifPresent(how -> trained.put("pretrain", how.train));
    if (checks(Verb.FINETUNE)
        || (checks(Verb.EVALUATE) && !evaluate.robustness().relearnSteps().isEmpty())) {
      trained.put("finetune", finetune.train);
    }
    if (checks(Verb.RETRAIN)) {
      trained.put("retrain", retrain.train);
    }
    trained.forEach(
        (stage, how) -> {
          if (how.rangeTest().isPresent()) {
            root.section(stage)
                .problem(
                    TrainSettings.LEARNING_RATE,
                    "must be a number: a range test finds the rate of unlearning alone, and train.learning-rate=target is for that");
          }
        });
    checkSplits(root.section("finetune"), finetune.splits);
    checkSplits(root.section("retrain"), retrain.splits);
    pretrain.ifPresent(how -> checkSplits(root.section("pretrain"), how.splits));
    for (Split left : List.of(Split.FORGET, Split.EARLIER)) {
      if (retrain.splits.contains(left.key())) {
        root.section("retrain")
            .problem(
                "splits",
                "must not name %s: that is what retrain leaves out".formatted(left.key()));
      }
    }
    if (checks(Verb.RETRAIN) && pretrain.isEmpty() && retrain.initialWeights.isEmpty()) {
      root.section("retrain")
          .problem(
              "initial-weights",
              "must name the Hugging Face folder of the weights that the model's training began with: pretrain.enabled is false");
    }
  }

  private static void checkSplits(Section section, List<String> splits) {
    List<String> known = Arrays.stream(Split.values()).map(Split::key).toList();
    splits.stream()
        .filter(split -> !known.contains(split))
        .forEach(
            split ->
                section.problem(
                    "splits",
                    "names \"%s\"; the splits are %s".formatted(split, String.join(", ", known))));
  }
}
