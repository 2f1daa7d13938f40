package lethe.pipeline;

import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.lit;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lethe.corpus.Manifest;
import lethe.evaluate.ModelNames;
import lethe.evaluate.RelearnedHalves;
import lethe.evaluate.RelearnedModel;
import lethe.examples.Examples;
import lethe.folder.RunFolder;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.StartWeights;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.ModelOrigin;
import lethe.objective.Descent;
import lethe.objective.Role;
import lethe.target.Split;
import lethe.train.TrainSettings;
import lethe.train.TrainedWeights;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Trains the unlearned model again, as somebody might who has a part of the forgotten documents:
 * plain descent on one half of them. Beside it, as a control, the retrained model on the same half
 * or, where there is none, the unlearned model on half of the approximate documents, which it never
 * saw: what the control learns is not remembered.
 *
 * <p>Each number of steps is a training of its own, from the start, at a constant rate, so a
 * shorter one is the beginning of a longer one. The models are kept in the run folder until their
 * weights or settings are others.
 */
final class Relearn {
  private static final String STAGE = "relearn";
  private static final String TRAIN = "train";

  private final ModelTraining training;
  private final TrainSettings settings;
  private final List<Integer> steps;

  /**
   * @param training of the run
   * @param settings how models are trained; their steps and their schedule are not used
   * @param steps numbers of them, ascending
   */
  Relearn(ModelTraining training, TrainSettings settings, List<Integer> steps) {
    Path folder = new Path(training.folder().robustnessTables(), STAGE);
    this.training =
        new ModelTraining(
            training.spark(),
            training.config(),
            new RunFolder(folder, training.folder().files()),
            training.inputs(),
            training.console(),
            training.signal());
    this.settings = settings;
    this.steps = List.copyOf(steps);
  }

  /**
   * Trains all of them.
   *
   * @param manifest of the corpus
   * @param chunks as prepare wrote them
   * @param models by name
   * @return the unlearned model first, then the control, each in ascending order of steps; neither
   *     where its split has no domain with two documents
   * @throws lethe.train.StoppedException when the run was asked to stop
   */
  List<RelearnedModel> execute(
      Manifest manifest, Dataset<Row> chunks, Map<String, ModelSource> models) {
    List<RelearnedModel> trained = new ArrayList<>();
    boolean retrained = models.containsKey(ModelNames.RETRAINED);
    trained.addAll(curve(manifest, chunks, models, ModelNames.UNLEARNED, Split.FORGET));
    trained.addAll(
        retrained
            ? curve(manifest, chunks, models, ModelNames.RETRAINED, Split.FORGET)
            : curve(manifest, chunks, models, ModelNames.UNLEARNED, Split.APPROXIMATE));
    return trained;
  }

  private List<RelearnedModel> curve(
      Manifest manifest,
      Dataset<Row> chunks,
      Map<String, ModelSource> models,
      String name,
      Split split) {
    Dataset<Row> half =
        RelearnedHalves.trained(training.spark(), chunks, split).withColumn(SPLIT, lit(TRAIN));
    if (half.isEmpty()) {
      return List.of(); // no domain has two documents
    }
    return steps.stream()
        .map(
            n ->
                new RelearnedModel(
                    name, split, n, train(manifest, half, models.get(name), name, split, n)))
        .toList();
  }

  private ModelSource train(
      Manifest manifest, Dataset<Row> half, ModelSource start, String name, Split split, int n) {
    RunFolder folder = training.folder();
    Path target = new Path(folder.root(), "%s-%s-%d".formatted(name, split.key(), n));
    TrainSettings own = settings.constant(n);
    Map<String, Object> inputs = new TreeMap<>();
    inputs.put("the chunks", manifest.chunksSha256());
    inputs.put("the split", split.key());
    ModelOrigin.Inputs made =
        new ModelOrigin.Inputs(
            STAGE,
            manifest.chunksSha256(),
            new TreeMap<>(Map.of(name, ModelFingerprint.of(start))),
            JsonNodeFactory.instance.objectNode().put("settings", own.toString()));
    boolean kept =
        folder.files().exists(new Path(target, HfFolder.CONFIG))
            && ModelOrigin.read(target, folder.files())
                .map(origin -> origin.made().equals(made))
                .orElse(false);
    if (!kept) {
      Trainer.TrainingSpec spec =
          new Trainer.TrainingSpec(
              STAGE, start, Map.of(), List.of(new Role(TRAIN, new Descent(), 1)), inputs);
      Trainer.discard(folder, STAGE);
      Trainer.Result result =
          training.train(
              spec,
              own,
              Examples.text(half),
              StartWeights.of(start),
              Optional.empty(),
              TrainedWeights.Taker.NONE);
      training.commit(spec, own, result.weights(), target, made);
    }
    return new ModelSource(target.toString(), start.hadoop());
  }
}
