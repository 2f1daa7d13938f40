package lethe.pipeline;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lethe.check.Validation;
import lethe.evaluate.RetrainedDistance;
import lethe.folder.RunFolder;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.checkpoint.TensorSource;
import lethe.objective.FrozenModel;
import lethe.objective.UnlearnSettings.Reference;
import lethe.run.RunConfig;
import lethe.run.Verb;
import org.apache.hadoop.fs.Path;

/**
 * The models of a run: which folder each of them is, whether the user has it or the run makes it.
 *
 * @param hadoop settings of file systems, without {@code spark.hadoop.}
 */
record RunModels(RunConfig job, RunFolder folder, Map<String, String> hadoop) {
  /** Standard deviation of random weights, as in GPT-2. */
  private static final double INITIAL_DEVIATION = 0.02;

  /** The folder whose config.json and tokenizer the run uses before there are weights. */
  ModelSource config() {
    return at(job.pretrain().map(RunConfig.Pretrain::model).orElse(job.model()));
  }

  /** The weights that pre-training begins with. */
  TensorSource random() {
    return new InitialWeights(config().architecture(), INITIAL_DEVIATION, job.train().seed());
  }

  /** The model to unlearn. */
  ModelSource original() {
    return job.pretrain().isPresent() ? at(folder.original().toString()) : at(job.model());
  }

  /** The model whose weights unlearning begins with. */
  ModelSource start() {
    return job.unlearn().initialWeights().map(this::at).orElseGet(this::original);
  }

  /** The models that terms may name. */
  Map<FrozenModel, ModelSource> frozen() {
    Map<FrozenModel, ModelSource> frozen = new EnumMap<>(FrozenModel.class);
    boolean first = job.unlearn().reference() == Reference.ORIGINAL;
    frozen.put(FrozenModel.REFERENCE, first ? original() : start());
    job.unlearn().reinforcedModel().ifPresent(p -> frozen.put(FrozenModel.REINFORCED, at(p)));
    return frozen;
  }

  /** The models that are evaluated, in the order of the report. */
  Map<String, ModelSource> evaluated() {
    Map<String, ModelSource> models = new LinkedHashMap<>();
    models.put("original", original());
    models.put("unlearned", at(folder.model().toString()));
    if (job.evaluate().retrain()) {
      models.put(RetrainedDistance.RETRAINED, at(folder.retrained().toString()));
    }
    job.evaluate().models().forEach((name, path) -> models.put(name, at(path)));
    return models;
  }

  /** A Hugging Face folder that the settings name. */
  ModelSource at(String path) {
    return new ModelSource(folder.files().qualified(new Path(path)).toString(), hadoop);
  }

  /**
   * Reads every weight once, since validation reads only the headers.
   *
   * @throws lethe.settings.InvalidSettings naming every tensor that is not as it should be
   */
  void checkWeights() {
    List<String> read = new ArrayList<>();
    if (job.pretrain().isEmpty()) {
      read.add(job.model());
    }
    if (job.does(Verb.UNLEARN)) {
      job.unlearn().initialWeights().ifPresent(read::add);
      job.unlearn().reinforcedModel().ifPresent(read::add);
    }
    if (job.does(Verb.FINETUNE)) {
      job.finetune().initialWeights().ifPresent(read::add);
    }
    if (job.does(Verb.RETRAIN)) {
      job.retrain().initialWeights().ifPresent(read::add);
    }
    if (job.does(Verb.EVALUATE)) {
      read.addAll(job.evaluate().models().values());
    }
    Set<Path> made = Validation.made(job, folder); // which need not be there yet
    read.stream()
        .distinct()
        .map(this::at)
        .filter(source -> !made.contains(new Path(source.path())))
        .forEach(ModelSource::check);
  }
}
