package lethe.pipeline;

import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import lethe.corpus.Manifest;
import lethe.examples.Examples;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.StartWeights;
import lethe.objective.Descent;
import lethe.objective.Role;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.train.TrainSettings;
import lethe.train.TrainedWeights;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The stages pretrain, finetune and retrain: plain descent on the chunks of some splits together.
 * They differ in the weights they begin with.
 */
final class Descend {
  /** The one name under which the chunks of all its splits are trained on. */
  private static final String TRAIN = "train";

  /**
   * What a stage starts from and what it is trained on.
   *
   * @param stage which of the three
   * @param model whose configuration and tokenizer the result has
   * @param start the weights to begin with
   * @param splits trained on
   * @param train how
   * @param target the Hugging Face folder to write
   */
  record Inputs(
      Verb stage,
      ModelSource model,
      StartWeights start,
      List<String> splits,
      TrainSettings train,
      Path target) {

    /** Trains the model that is unlearned afterwards, from random weights. */
    static Inputs pretrain(
        RunConfig.PretrainSettings settings, RunModels models, RunFolder folder) {
      return new Inputs(
          Verb.PRETRAIN,
          models.template(),
          models.random(),
          settings.splits(),
          settings.train(),
          folder.original());
    }

    /** Starts from the model to unlearn, unless the settings name another one. */
    static Inputs finetune(RunConfig.DescentSettings settings, RunModels models, RunFolder folder) {
      ModelSource model = models.initial(settings).orElseGet(models::original);
      return new Inputs(
          Verb.FINETUNE,
          model,
          StartWeights.of(model),
          settings.splits(),
          settings.train(),
          folder.finetuned());
    }

    /** Starts from the weights that the training of the model to unlearn started from. */
    static Inputs retrain(RunConfig.DescentSettings settings, RunModels models, RunFolder folder) {
      ModelSource model = models.initial(settings).orElseGet(models::template);
      StartWeights start =
          settings.initialWeights().isPresent() ? StartWeights.of(model) : models.random();
      return new Inputs(
          Verb.RETRAIN, model, start, settings.splits(), settings.train(), folder.retrained());
    }
  }

  /**
   * The result of a stage.
   *
   * @param steps applied
   * @param model the folder written
   */
  record Result(int steps, Path model) {}

  private final ModelTraining training;
  private final Inputs inputs;

  Descend(ModelTraining training, Inputs inputs) {
    this.training = training;
    this.inputs = inputs;
  }

  /**
   * Trains and writes the model.
   *
   * @throws lethe.train.StoppedException when the run was asked to stop
   */
  Result execute() {
    String name = inputs.stage().spelling();
    RunFolder folder = training.folder();
    Dataset<Row> members =
        Manifest.read(folder)
            .chunks(training.spark(), folder)
            .filter(col(SPLIT).isin(inputs.splits().toArray()))
            .withColumn(SPLIT, lit(TRAIN));
    List<Role> roles = List.of(new Role(TRAIN, new Descent(), 1));
    Map<String, Object> identity =
        Map.of(
            "the chunks", Manifest.read(folder).chunksSha256(), name + ".splits", inputs.splits());
    SortedMap<String, String> fingerprints = training.inputs().fingerprints(inputs.stage());
    Trainer.TrainingSpec spec =
        new Trainer.TrainingSpec(name, inputs.model(), Map.of(), roles, identity);
    Trainer.Result result =
        training.train(
            spec,
            inputs.train(),
            Examples.text(members),
            inputs.start(),
            Optional.empty(),
            TrainedWeights.Taker.NONE);
    training.noteEnvironment(spec, result);
    training.commit(
        spec,
        inputs.train(),
        result.weights(),
        inputs.target(),
        training.inputs().origin(inputs.stage(), fingerprints, result.weights().run()));
    return new Result(result.steps(), inputs.target());
  }
}
