package lethe.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.SortedMap;
import lethe.console.Console;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.TaskVectorWeights;
import lethe.model.checkpoint.TensorSource;
import lethe.objective.FrozenModel;
import lethe.objective.UnlearnSettings;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;

/**
 * The stage unlearn without training: writes the start's weights without a multiple of the task
 * vector ({@link TaskVectorWeights}), tensor by tensor. There are no steps, so there is no {@code
 * coverage.json} either: which chunks are forgotten is what the other model was finetuned on.
 */
final class TaskVector {
  /** What decided the weights, in the model's {@code lethe.json}. */
  private static final String METHOD = "unlearn.method";

  private static final String PARTS = "parts";

  private static final String SCALE = "unlearn.task-vector-scale";

  private final ModelTraining training;
  private final StageInputs inputs;
  private final RunConfig config;
  private final RunFolder folder;
  private final Console console;
  private final RunModels models;

  /**
   * @param training of the run, whose folder the model is written into
   */
  TaskVector(ModelTraining training, RunModels models) {
    this.training = training;
    this.inputs = training.inputs();
    this.config = training.config();
    this.folder = training.folder();
    this.console = training.console();
    this.models = models;
  }

  /**
   * Writes the model.
   *
   * @return its folder
   * @throws lethe.settings.InvalidSettings when the models have different networks
   */
  Path execute() {
    SortedMap<String, String> fingerprints = inputs.fingerprints(Verb.UNLEARN);
    ModelSource start = models.start();
    ModelSource finetuned = models.frozen().get(FrozenModel.REINFORCED);
    ModelSource reference = models.frozen().get(FrozenModel.REFERENCE);
    double scale =
        config.unlearn().scaledToTarget()
            ? new TaskVectorScale(training, models, this::say).find()
            : config.unlearn().taskVectorScale();
    TensorSource weights = TaskVectorWeights.of(start, finetuned, reference, scale);
    say(
        String.format(
            Locale.ROOT,
            "%s without %s times what %s has more than %s; nothing is trained",
            start.path(),
            scale,
            finetuned.path(),
            reference.path()));
    Trainer.discard(folder, Verb.UNLEARN.spelling()); // what another method's training left
    RangeTest.discard(folder);
    folder.files().delete(folder.stop());
    folder.files().delete(new Path(folder.model(), ModelTraining.ADAPTER));
    JsonNode run = run(config.unlearn(), scale);
    models
        .original()
        .write(
            folder.files(),
            folder.model(),
            config.dtype(),
            config.shardBytes(),
            weights,
            inputs.origin(Verb.UNLEARN, fingerprints, run));
    new ModelsAtSteps(config.evaluate().atSteps(), folder).deleteOthers(run);
    return folder.model();
  }

  /** What decides the weights besides the models, where a training has its identity. */
  static JsonNode run(UnlearnSettings settings, double scale) {
    ObjectNode run = JsonNodeFactory.instance.objectNode();
    run.putObject(PARTS).put(METHOD, settings.method().name()).put(SCALE, scale);
    return run;
  }

  private void say(String sentence) {
    console.say(Verb.UNLEARN.spelling() + ": " + sentence);
  }
}
