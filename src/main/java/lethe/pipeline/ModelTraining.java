package lethe.pipeline;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.console.Console;
import lethe.console.TrainProgress;
import lethe.examples.ProbePlan;
import lethe.folder.RunFolder;
import lethe.model.StartWeights;
import lethe.model.adapter.MergedWeights;
import lethe.model.adapter.PeftWriter;
import lethe.model.checkpoint.ModelOrigin;
import lethe.model.checkpoint.TensorSource;
import lethe.objective.Role;
import lethe.run.Provenance;
import lethe.run.RunConfig;
import lethe.train.AdapterSettings;
import lethe.train.AdapterSettings.Written;
import lethe.train.TrainSettings;
import lethe.train.TrainedWeights;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What {@link Unlearn} and {@link Descend} have in common: they run the trainer, and they commit
 * its weights as a model.
 *
 * @param config says how models are written
 * @param inputs that the stages start from
 * @param signal ends training cleanly
 */
record ModelTraining(
    SparkSession spark,
    RunConfig config,
    RunFolder folder,
    StageInputs inputs,
    Console console,
    StopSignal signal) {
  /** The adapter in the folder of the model that it is merged into. */
  static final String ADAPTER = "adapter";

  /**
   * Trains, going on from the newest checkpoint of the same run if there is one.
   *
   * @param chunks with their views, as {@link lethe.examples.Examples} makes them
   * @param start the weights to begin with
   * @param probes the probes that steer the training, if any do
   * @param onTheWay takes the weights after each step
   * @throws lethe.train.StoppedException when the signal came
   */
  Trainer.Result train(
      Trainer.TrainingSpec spec,
      TrainSettings settings,
      Dataset<Row> chunks,
      StartWeights start,
      Optional<ProbePlan> probes,
      TrainedWeights.Taker onTheWay) {
    String terms = spec.roles().stream().map(Role::name).collect(Collectors.joining(", "));
    console.say(
        "%s: %s with %d workers of %d threads"
            .formatted(spec.stage(), terms, settings.workers(), settings.threads()));
    TrainProgress progress =
        spec.rates().isPresent()
            ? TrainProgress.atRisingRates(spec.stage(), console)
            : new TrainProgress(spec.stage(), console);
    Trainer trainer = new Trainer(spark, settings, folder, spec, progress, signal.request());
    return signal.whileTraining(() -> trainer.train(chunks, start, probes, onTheWay));
  }

  /** Notes in run.json what a stage's weights depend on besides settings and inputs. */
  void noteEnvironment(Trainer.TrainingSpec spec, Trainer.Result result) {
    new Provenance(config, folder).noteEnvironment(spec.stage(), result.environment());
  }

  /**
   * Writes the model, and then removes the checkpoints: until the model is there, they are what a
   * driver that is killed goes on from.
   *
   * @param trained of the training
   * @param target the Hugging Face folder to write, or that of an adapter
   * @param made what the weights were made from
   */
  void commit(
      Trainer.TrainingSpec spec,
      TrainSettings settings,
      TrainedWeights trained,
      Path target,
      ModelOrigin.Inputs made) {
    write(spec, settings.adapter().map(AdapterSettings::write), trained, target, made);
    Trainer.discardCheckpoints(folder, spec.stage());
  }

  /**
   * Writes a model.
   *
   * @param adapter what of a trained adapter is written; none where there is none
   * @param trained its weights
   * @param target the Hugging Face folder to write, or that of an adapter
   * @param made what the weights were made from
   */
  void write(
      Trainer.TrainingSpec spec,
      Optional<Written> adapter,
      TrainedWeights trained,
      Path target,
      ModelOrigin.Inputs made) {
    String untrained = trained.untrained();
    Path beside = new Path(target, ADAPTER);
    folder.files().delete(beside);
    if (adapter.isPresent() && adapter.get() != Written.MERGED) {
      writeAdapter(trained, untrained, adapter.get() == Written.BOTH ? beside : target, made);
    }
    if (adapter.isEmpty() || adapter.get() != Written.ADAPTER) {
      TensorSource weights = trained.values();
      TensorSource merged =
          trained
              .model()
              .adapted()
              .<TensorSource>map(network -> new MergedWeights(weights, network, weights))
              .orElse(weights);
      spec.model().write(folder.files(), target, config.dtype(), config.shardBytes(), merged, made);
    }
  }

  private void writeAdapter(
      TrainedWeights trained, String base, Path target, ModelOrigin.Inputs made) {
    StartWeights start = trained.model().start();
    SortedMap<String, String> models = new TreeMap<>(made.models());
    models.put(ModelOrigin.BASE, base);
    new PeftWriter(target, folder.files())
        .write(
            trained.model().adapted().orElseThrow(),
            trained.values(),
            start.model().path(),
            new ModelOrigin.Inputs(made.stage(), made.chunksSha256(), models, made.run()));
  }
}
