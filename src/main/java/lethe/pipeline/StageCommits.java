package lethe.pipeline;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.corpus.Manifest;
import lethe.corpus.token.EndOfText;
import lethe.corpus.token.QuestionEncoder;
import lethe.corpus.token.Template;
import lethe.evaluate.AnswerPlan;
import lethe.evaluate.EvaluateSettings;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ModelNames;
import lethe.evaluate.Paraphrases;
import lethe.evaluate.RobustnessScores;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.adapter.PeftFolder;
import lethe.model.checkpoint.HfFolder;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;

/** The files of the run folder that say which stages are finished. */
record StageCommits(RunConfig config, RunFolder folder, RunModels models) {

  /** The file whose presence says that a stage is finished, by stage in order. */
  Map<Verb, Path> files() {
    Map<Verb, Path> commits = new LinkedHashMap<>();
    commits.put(Verb.PREPARE, folder.corpusManifest());
    commits.put(Verb.PRETRAIN, model(folder.original()));
    commits.put(Verb.FINETUNE, model(folder.finetuned()));
    commits.put(Verb.RETRAIN, model(folder.retrained()));
    commits.put(Verb.UNLEARN, model(folder.model()));
    commits.put(Verb.EVALUATE, folder.evaluation());
    return commits;
  }

  /**
   * What commits a model: config.json, or adapter_config.json where the folder holds an adapter.
   */
  private Path model(Path model) {
    Path adapter = new Path(model, PeftFolder.CONFIG);
    return folder.files().exists(adapter) ? adapter : new Path(model, HfFolder.CONFIG);
  }

  private void uncommit(Verb stage) {
    Path commit = files().get(stage);
    folder.files().delete(commit);
    if (stage == Verb.EVALUATE) {
      folder.files().delete(folder.robustness());
      folder.files().delete(folder.robustnessScores());
      folder.files().delete(folder.answerScores());
    }
    if (stage.trains()) {
      Path model = commit.getParent();
      folder.files().delete(new Path(model, HfFolder.CONFIG));
      folder.files().delete(new Path(model, PeftFolder.CONFIG));
      folder.files().delete(new Path(model, ModelTraining.ADAPTER));
    }
  }

  /** The stages asked for but the report, which is always made anew. */
  List<Verb> asked() {
    return files().keySet().stream()
        .filter(config::does)
        .filter(stage -> stage != Verb.PRETRAIN || config.pretrain().isPresent())
        .toList();
  }

  /** The finished training stages whose models a stage reads. */
  List<Verb> sources(Verb stage) {
    return files().keySet().stream()
        .filter(source -> source.trains() && source.madeFrom().contains(stage))
        .filter(source -> source != Verb.PRETRAIN || config.pretrain().isPresent())
        .filter(source -> source != Verb.RETRAIN || config.evaluate().retrain())
        .filter(source -> folder.files().exists(files().get(source)))
        .toList();
  }

  /** Whether a stage is finished and need not be run. */
  boolean finished(Verb stage) {
    return folder.files().exists(files().get(stage))
        && !config.overwrite()
        && (stage != Verb.EVALUATE
            || (evaluation().answered(folder) && robust() && asked(config.evaluate())));
  }

  /** Whether the checks of the robustness that are asked for have been made. */
  private boolean robust() {
    return !config.evaluate().robustness().any() || robustness().answered(folder);
  }

  /** Whether the questions that are to be asked have been answered. */
  private boolean asked(EvaluateSettings evaluate) {
    return !evaluate.answers().any() || answers(evaluate).asked(folder.files()).answered(folder);
  }

  /** Which models answer which questions, written as the corpus writes questions. */
  AnswerPlan answers(EvaluateSettings evaluate) {
    ModelSource template = models.template().withoutAdapter();
    HfFolder opened = template.open();
    Template around = config.corpus().template();
    int rows = template.architecture().vocabulary();
    return AnswerPlan.of(
        evaluate,
        new AnswerPlan.Prompts(
            QuestionEncoder.of(
                around, config.corpus().beginning(), opened.files(), opened.path(), rows),
            opened.files().read(opened.tokenizer()),
            EndOfText.all(around, opened.files(), opened.path(), rows)),
        ModelNames.withoutSteps(models.evaluated()),
        template.hadoop());
  }

  /** What the checks of the robustness are asked for. */
  RobustnessScores.Asked robustness() {
    Evaluation.Asked evaluation = evaluation();
    return new RobustnessScores.Asked(
        evaluation.chunksSha256(),
        ModelNames.withoutSteps(evaluation.models()),
        evaluation.microBatch(),
        config.evaluate().robustness(),
        Optional.ofNullable(config.evaluate().robustness().paraphrases())
            .map(path -> new Paraphrases(path, folder.files()).sha256())
            .orElse(null));
  }

  private Evaluation.Asked evaluation() {
    return Evaluation.Asked.of(
        config.evaluate(),
        models.evaluated(),
        Manifest.read(folder).chunksSha256(),
        folder.files());
  }

  /**
   * Must be called first by every stage; with overwrite=true a stage does not go on from earlier
   * steps.
   */
  void begin(Verb stage) {
    takeAway(stage);
    if (stage == Verb.PREPARE) {
      folder.files().delete(folder.deleted());
    }
    if (stage == Verb.UNLEARN) {
      folder.files().delete(folder.coverage());
    }
    if (config.overwrite() && stage.trains()) {
      Trainer.discard(folder, stage.spelling());
      if (stage == Verb.UNLEARN) {
        RangeTest.discard(folder);
        folder.files().delete(folder.taskVectorScale());
      }
    }
  }

  /**
   * Deletes the commit files of a stage and of the stages made from it: otherwise a driver killed
   * later could find an old model and take it for the new one.
   */
  void takeAway(Verb stage) {
    List<Verb> made = new ArrayList<>(files().keySet());
    Collections.reverse(made); // so that a finished stage always has its inputs
    made.stream()
        .filter(other -> other == stage || stage.madeFrom().contains(other))
        .forEach(this::uncommit);
  }
}
