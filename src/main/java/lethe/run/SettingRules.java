package lethe.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.evaluate.AnswerSettings;
import lethe.evaluate.EvaluateSettings;
import lethe.evaluate.MultipleChoiceTask;
import lethe.objective.Role;
import lethe.objective.ViewKind;
import lethe.settings.Section;
import lethe.target.Split;
import lethe.train.TrainSettings;
import org.apache.hadoop.fs.Path;

/**
 * Rules between the settings of different layers: {@code corpus.splits} has the splits that methods
 * and stages need, and every path is valid. These checks read no file.
 */
public record SettingRules(RunConfig config, Section root) {

  void check() {
    paths(config).forEach(this::path);
    if (config.checks(Verb.UNLEARN)) {
      method();
    }
    if (config.checks(Verb.PRETRAIN)) {
      config.pretrain().ifPresent(how -> splits("pretrain", how.splits()));
    }
    if (config.checks(Verb.FINETUNE)) {
      splits("finetune", config.finetune().splits());
    }
    if (config.checks(Verb.RETRAIN)) {
      splits("retrain", config.retrain().splits());
    }
    if (config.checks(Verb.REPORT)
        && config.report().compare().isEmpty()
        && config.report().requiresUnseenText()
        && !asked().contains(Split.APPROXIMATE.key())) {
      root.section("report")
          .problem(
              "require",
              "can name damage and robustness only without corpus.splits.approximate, which all else comes from");
    }
    tasks();
  }

  private List<String> asked() {
    return config.corpus().askedSplits().stream().map(Split::key).toList();
  }

  private void method() {
    String method = config.unlearn().method().name();
    if (!config.unlearn().method().trains()) {
      withoutSteps(method);
    }
    int terms = config.unlearn().roles().size();
    if (terms > 0 && !config.train().isBatchFor(terms)) {
      root.section("train")
          .problem(
              "batch",
              "must be a multiple of %d with train.batch-counts=all-terms, the terms of %s on their splits, was %d; or set train.batch-counts=each-term"
                  .formatted(terms, method, config.train().batch()));
    }
    for (Role role : config.unlearn().roles()) {
      if (!role.forgets() && !asked().contains(role.split())) {
        root.section("unlearn")
            .problem(
                "method",
                "%s needs corpus.splits.%s, which is not set; set it, or set unlearn.retain-weights.%2$s=0"
                    .formatted(method, role.split()));
      }
    }
    if (config.needs(ViewKind.MISMATCHED_ANSWER) && !asked().contains(Split.RETAIN.key())) {
      root.section("unlearn")
          .problem(
              "method",
              "%s learns the answers of corpus.splits.retain, which is not set; set it, or choose another"
                  .formatted(method));
    }
    if (config.unlearn().loweredToTarget() && !config.stop().atTarget()) {
      root.section("unlearn")
          .problem(
              "undial-beta",
              "can be target only with stop.at-target=true, which finds the target; set that, or a number of nats");
    }
    if (config.needs(ViewKind.STORED_LABELS)
        && config.unlearn().stored().byQuantiles()
        && !asked().contains(Split.APPROXIMATE.key())) {
      root.section("unlearn")
          .problem(
              "calibrated-factor",
              "must be a number without corpus.splits.approximate, whose losses the quantiles are those of");
    }
    if (config.train().rangeTest().isPresent() && config.unlearn().method().trains()) {
      rangeTest();
    }
    if (config.unlearn().startNoise() > 0 && config.train().adapter().isPresent()) {
      root.section("unlearn")
          .problem(
              "start-noise",
              "needs weights that are trained, and with train.lora those of the model are not; set train.lora.rank=0, or unlearn.start-noise=0");
    }
    if (config.unlearn().sharpnessRadius() > 0 && !config.train().exact()) {
      root.section("unlearn")
          .problem(
              "sharpness-radius",
              "moves weights by less than bfloat16 can tell apart; set train.wire-dtype=float32 and train.precision=float32, or unlearn.sharpness-radius=0");
    }
    if (config.unlearn().cappedAtTarget() && !config.stop().atTarget()) {
      root.section("unlearn")
          .problem(
              "chunk-cap-nats",
              "can be target only with stop.at-target=true, which finds the target; set that, or a number of nats");
    }
    boolean answers =
        config.needs(ViewKind.REJECTION)
            || config.needs(ViewKind.MISMATCHED_ANSWER)
            || config.needs(ViewKind.DRAWN_ANSWER);
    if (answers && !config.corpus().hasQuestions()) {
      root.section("unlearn")
          .problem(
              "method",
              "%s needs questions and answers, and no source names any; name them in corpus.sources, or choose another"
                  .formatted(method));
    }
  }

  /** Refuses what no range test can find a rate for. */
  private void rangeTest() {
    if (!config.stop().atTarget()) {
      rate(
          "can be target only with stop.at-target=true, which finds the target; set that, or a number");
    }
    if (config.unlearn().startNoise() > 0) {
      rate(
          "must be a number with unlearn.start-noise, which begins with a forget loss beyond its target");
    }
    if (config.unlearn().forgetWeight() == 0) {
      rate("must be a number with unlearn.forget-weight=0, which moves no forget loss on purpose");
    }
  }

  private void rate(String problem) {
    root.section("train").problem(TrainSettings.LEARNING_RATE, problem);
  }

  /** Refuses what steps are for where the method makes none. */
  private void withoutSteps(String method) {
    if (config.unlearn().scaledToTarget() && !asked().contains(Split.APPROXIMATE.key())) {
      root.section("unlearn")
          .problem(
              "task-vector-scale",
              "must be a number without corpus.splits.approximate, which the target comes from");
    }
    if (config.stop().atTarget()) {
      root.section("stop")
          .problem(
              "at-target",
              "must be false for %s, which makes no steps that could stop; unlearn.task-vector-scale=target comes to it instead"
                  .formatted(method));
    }
    if (config.train().adapter().isPresent()) {
      root.section("train")
          .section("lora")
          .problem("rank", "must be 0 for %s, which trains no adapter".formatted(method));
    }
    if (config.train().rangeTest().isPresent()) {
      rate(
          "must be a number for %s, which makes no steps whose rate could be found"
              .formatted(method));
    }
    if (!config.evaluate().atSteps().isEmpty()) {
      root.section("evaluate")
          .problem("at-steps", "must be empty for %s, which makes no steps".formatted(method));
    }
  }

  /** A default may name more splits than there are; a user may not. */
  private void splits(String stage, List<String> named) {
    List<String> missing =
        named.stream()
            .filter(split -> !asked().contains(split))
            .filter(split -> known().contains(split)) // others have been reported
            .toList();
    boolean usual = config.settings().isDefault(stage + ".splits");
    if (named.isEmpty() || missing.size() == named.size()) {
      root.section(stage)
          .problem(
              "splits", "must name a split that corpus.splits has: " + String.join(", ", asked()));
    } else if (!usual && !missing.isEmpty()) {
      root.section(stage)
          .problem(
              "splits",
              "names %s, which is not in corpus.splits".formatted(String.join(", ", missing)));
    }
  }

  private static List<String> known() {
    return List.of(Split.values()).stream().map(Split::key).toList();
  }

  private void tasks() {
    List<String> names = config.evaluate().tasks().stream().map(MultipleChoiceTask::name).toList();
    names.stream()
        .filter(name -> names.indexOf(name) != names.lastIndexOf(name))
        .distinct()
        .forEach(
            name -> root.section("evaluate").problem("tasks", "name two tasks \"" + name + "\""));
    names.stream()
        .filter(name -> name.codePoints().anyMatch(Character::isISOControl))
        .forEach(
            name ->
                root.section("evaluate")
                    .problem(
                        "tasks",
                        "must have names without control characters, was \"%s\""
                            .formatted(name.replaceAll("\\p{Cntrl}", "?"))));
  }

  /** Paths of a run by the settings that name them, without those of the corpus. */
  public static Map<String, String> paths(RunConfig config) {
    Map<String, String> paths = new LinkedHashMap<>();
    paths.put("run.dir", config.runDir());
    paths.put("model.path", config.model());
    config.pretrain().ifPresent(how -> paths.put("pretrain.model", how.model()));
    config.unlearn().initialWeights().ifPresent(path -> paths.put("unlearn.initial-weights", path));
    config
        .unlearn()
        .reinforcedModel()
        .ifPresent(path -> paths.put("unlearn.reinforced-model", path));
    config.unlearn().stored().teacher().ifPresent(path -> paths.put("unlearn.teacher", path));
    config.unlearn().replacements().ifPresent(path -> paths.put("unlearn.replacements", path));
    config.unlearn().rejections().ifPresent(path -> paths.put("unlearn.rejections", path));
    config
        .finetune()
        .initialWeights()
        .ifPresent(path -> paths.put("finetune.initial-weights", path));
    config.retrain().initialWeights().ifPresent(path -> paths.put("retrain.initial-weights", path));
    config.corpus().reuse().ifPresent(path -> paths.put("corpus.reuse", path));
    config
        .evaluate()
        .models()
        .forEach((name, path) -> paths.put(EvaluateSettings.setting(name), path));
    config
        .evaluate()
        .tasks()
        .forEach(task -> paths.put("evaluate.tasks " + task.name(), task.path()));
    String paraphrases = config.evaluate().robustness().paraphrases();
    if (paraphrases != null) {
      paths.put("evaluate.robustness.paraphrases", paraphrases);
    }
    AnswerSettings answers = config.evaluate().answers();
    answers
        .questions()
        .forEach(set -> paths.put("evaluate.answers.questions " + set.name(), set.path()));
    if (answers.sentenceEncoder() != null) {
      paths.put("evaluate.answers.sentence-encoder", answers.sentenceEncoder());
    }
    if (answers.entailment() != null) {
      paths.put("evaluate.answers.entailment", answers.entailment());
    }
    config.report().idsKeyFile().ifPresent(path -> paths.put("report.ids-key-file", path));
    for (String run : config.report().compare()) {
      paths.put("report.compare " + run, run);
    }
    return paths;
  }

  private void path(String setting, String path) {
    if (path.matches("s3n?:.*")
        && !config.settings().spark().containsKey("spark.hadoop.fs.s3.impl")) {
      config
          .settings()
          .problem(
              "%s must begin with s3a://, which is Hadoop's name for S3, was %s"
                  .formatted(setting, path));
    } else if (!path.isEmpty() && !path(path)) {
      config
          .settings()
          .problem(
              "%s must be a path, was %s; a name with a colon is written ./%2$s"
                  .formatted(setting, path));
    }
  }

  /** Whether a text can be a path that this program has a file system for. */
  public static boolean path(String text) {
    try {
      return !text.isBlank() && !new Path(text).toString().matches("s3n?:.*");
    } catch (IllegalArgumentException e) { // Hadoop's
      return false;
    }
  }
}
