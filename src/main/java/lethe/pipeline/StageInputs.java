package lethe.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import lethe.corpus.Manifest;
import lethe.evaluate.ModelNames;
import lethe.folder.RunFolder;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.checkpoint.ModelOrigin;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import org.apache.hadoop.fs.Path;

/**
 * The corpus and the models that each training stage starts from, by their hashes. A stage records
 * them beside the model it writes ({@link ModelOrigin}); the model of a finished stage is used only
 * while they are the same.
 */
record StageInputs(RunConfig config, RunFolder folder, RunModels models) {
  /** Hexadecimal digits of a hash that are shown. */
  private static final int DIGITS = 12;

  private static final String START = "start";
  private static final String TEACHER = "teacher";

  /**
   * The fingerprints of the models that a stage starts from, by what each is used for; none for
   * random weights.
   *
   * @throws InvalidSettings when a stage of Lethe wrote one of them and its files have changed
   *     since
   */
  SortedMap<String, String> fingerprints(Verb stage) {
    SortedMap<String, String> fingerprints = new TreeMap<>();
    used(stage).forEach((use, source) -> fingerprints.put(use, ModelFingerprint.of(source)));
    return fingerprints;
  }

  /** The models that a stage starts from, by what each is used for; none for random weights. */
  Map<String, ModelSource> used(Verb stage) {
    Map<String, ModelSource> used = new TreeMap<>();
    switch (stage) {
      case FINETUNE ->
          used.put(START, models.initial(config.finetune()).orElseGet(models::original));
      case RETRAIN -> models.initial(config.retrain()).ifPresent(start -> used.put(START, start));
      case UNLEARN -> {
        used.put(ModelNames.ORIGINAL, models.original());
        used.put(START, models.start());
        models.frozen().forEach((use, source) -> used.put(Section.spelling(use), source));
        config.unlearn().stored().teacher().ifPresent(path -> used.put(TEACHER, models.teacher()));
      }
      default -> {}
    }
    return used;
  }

  /**
   * What a stage's model is recorded to be made from.
   *
   * @param fingerprints of when the stage began
   * @param run everything that decided the weights
   */
  ModelOrigin.Inputs origin(Verb stage, SortedMap<String, String> fingerprints, JsonNode run) {
    return new ModelOrigin.Inputs(
        stage.spelling(), Manifest.read(folder).chunksSha256(), fingerprints, run);
  }

  /**
   * Compares what a finished stage's model was made from with what the run has now. A model whose
   * origin is not recorded, as before version 0.2, is not compared.
   *
   * @throws InvalidSettings naming what differs
   */
  void check(Verb stage) {
    Path model = folder(stage);
    Optional<ModelOrigin> recorded = ModelOrigin.read(model, folder.files());
    if (recorded.isEmpty()) {
      return;
    }
    ModelOrigin.Inputs made = recorded.get().made();
    List<String> differences = new ArrayList<>();
    differ(differences, "chunks", made.chunksSha256(), Manifest.read(folder).chunksSha256());
    fingerprints(stage)
        .forEach((use, now) -> differ(differences, use + " model", made.models().get(use), now));
    if (!differences.isEmpty()) {
      throw new InvalidSettings(
          "Cannot use the model in %s: %s made it from other inputs (%s); run %s again with overwrite=true"
              .formatted(
                  model, stage.spelling(), String.join(", ", differences), stage.spelling()));
    }
  }

  private Path folder(Verb stage) {
    return switch (stage) {
      case PRETRAIN -> folder.original();
      case FINETUNE -> folder.finetuned();
      case RETRAIN -> folder.retrained();
      case UNLEARN -> folder.model();
      default -> throw new IllegalStateException(stage + " makes no model");
    };
  }

  private static void differ(List<String> differences, String what, String was, String now) {
    if (!now.equals(was)) {
      differences.add("%s: was %s, is %s".formatted(what, digits(was), digits(now)));
    }
  }

  private static String digits(String hash) {
    return hash == null ? "not there" : hash.substring(0, Math.min(DIGITS, hash.length()));
  }
}
