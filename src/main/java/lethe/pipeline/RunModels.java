package lethe.pipeline;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lethe.check.Validation;
import lethe.evaluate.ModelNames;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.StartWeights;
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
record RunModels(RunConfig config, RunFolder folder, Map<String, String> hadoop) {
  /** Standard deviation of random weights, as in GPT-2. */
  private static final double INITIAL_DEVIATION = 0.02;

  /** The folder whose config.json and tokenizer the run uses before there are weights. */
  ModelSource template() {
    return at(config.pretrain().map(RunConfig.PretrainSettings::model).orElse(config.model()));
  }

  /** The weights that pre-training begins with. */
  StartWeights random() {
    return StartWeights.random(template(), INITIAL_DEVIATION, config.train().seed());
  }

  /** The model to unlearn. */
  ModelSource original() {
    return config.pretrain().isPresent() ? at(folder.original().toString()) : at(config.model());
  }

  /** The model whose weights unlearning begins with. */
  ModelSource start() {
    return config.unlearn().initialWeights().map(this::at).orElseGet(this::original);
  }

  /** The model that the settings of a descent name as its start, if they do. */
  Optional<ModelSource> initial(RunConfig.DescentSettings settings) {
    return settings.initialWeights().map(this::at);
  }

  /** The models that terms may name. */
  Map<FrozenModel, ModelSource> frozen() {
    Map<FrozenModel, ModelSource> frozen = new EnumMap<>(FrozenModel.class);
    boolean first = config.unlearn().reference() == Reference.ORIGINAL;
    frozen.put(FrozenModel.REFERENCE, first ? original() : start());
    config.unlearn().reinforcedModel().ifPresent(p -> frozen.put(FrozenModel.REINFORCED, at(p)));
    return frozen;
  }

  /** The model whose copies make stored labels. */
  ModelSource teacher() {
    return config
        .unlearn()
        .stored()
        .teacher()
        .map(this::at)
        .orElseGet(() -> frozen().get(FrozenModel.REFERENCE));
  }

  /** The models that are evaluated, in the order of the report. */
  Map<String, ModelSource> evaluated() {
    Map<String, ModelSource> models = new LinkedHashMap<>();
    models.put(ModelNames.ORIGINAL, original());
    models.put(ModelNames.UNLEARNED, at(folder.model().toString()));
    if (config.evaluate().retrain()) {
      models.put(ModelNames.RETRAINED, at(folder.retrained().toString()));
    }
    config.evaluate().models().forEach((name, path) -> models.put(name, at(path)));
    new ModelsAtSteps(config.evaluate().atSteps(), folder)
        .ofTheModel()
        .forEach((name, path) -> models.put(name, at(path.toString())));
    return models;
  }

  /**
   * A Hugging Face folder that the settings name, or that of an adapter: where the base model that
   * it names is not there, it is taken to lie over the model that the run begins with.
   */
  ModelSource at(String path) {
    String base = config.pretrain().isPresent() ? folder.original().toString() : config.model();
    return new ModelSource(qualified(path), hadoop).resolved(qualified(base));
  }

  private String qualified(String path) {
    return folder.files().qualified(new Path(path)).toString();
  }

  /**
   * Reads every weight once, since validation reads only the headers.
   *
   * @throws lethe.settings.InvalidSettings naming every tensor that is not as it should be
   */
  void checkWeights() {
    List<String> read = new ArrayList<>();
    if (config.pretrain().isEmpty()) {
      read.add(config.model());
    }
    if (config.does(Verb.UNLEARN)) {
      config.unlearn().initialWeights().ifPresent(read::add);
      config.unlearn().reinforcedModel().ifPresent(read::add);
      config.unlearn().stored().teacher().ifPresent(read::add);
    }
    if (config.does(Verb.FINETUNE)) {
      config.finetune().initialWeights().ifPresent(read::add);
    }
    if (config.does(Verb.RETRAIN)) {
      config.retrain().initialWeights().ifPresent(read::add);
    }
    if (config.does(Verb.EVALUATE)) {
      read.addAll(config.evaluate().models().values());
    }
    Set<Path> made = Validation.made(config, folder); // which need not be there yet
    read.stream()
        .distinct()
        .map(this::at)
        .filter(source -> !made.contains(new Path(source.path())))
        .forEach(ModelSource::check);
  }
}
