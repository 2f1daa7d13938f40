package lethe.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;
import lethe.evaluate.ModelNames;
import lethe.folder.Files;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.model.adapter.PeftFolder;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.ModelOrigin;
import lethe.run.Verb;
import lethe.train.AdapterSettings.Written;
import lethe.train.TrainedWeights;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;

/**
 * The models of {@code evaluate.at-steps}: unlearning keeps each as it is after so many steps, so
 * that the report shows every figure over the training. Of a trained adapter the adapter is kept,
 * which is smaller than what it would be merged into. A model belongs to the unlearned one if both
 * state the same run, whose bits it shares; any other is of an earlier training.
 *
 * @param steps asked for, ascending
 * @param folder of the run
 */
record ModelsAtSteps(List<Integer> steps, RunFolder folder) {

  /**
   * Writes those that are asked for as training comes by. A model that cannot be written costs no
   * training: the user is told, and the report lacks it.
   *
   * @param fingerprints of the models that the training starts from
   */
  TrainedWeights.Taker writer(
      ModelTraining training, Trainer.TrainingSpec spec, SortedMap<String, String> fingerprints) {
    Optional<Written> adapter = training.config().train().adapter().map(a -> Written.ADAPTER);
    return (applied, weights) -> {
      if (!steps.contains(applied)) {
        return;
      }
      Path target = path(applied);
      try {
        files().delete(target);
        TrainedWeights now = weights.get();
        training.write(
            spec,
            adapter,
            now,
            target,
            training.inputs().origin(Verb.UNLEARN, fingerprints, now.run()));
      } catch (LeaseLostException e) {
        throw e;
      } catch (RuntimeException e) {
        training
            .console()
            .say(
                "%s: Warning: the model after step %d could not be written to %s (%s). Training goes on; the report will not have this step"
                    .formatted(spec.stage(), applied, target, e.getMessage()));
      }
    };
  }

  /**
   * Deletes every other model that was kept.
   *
   * @param run of the training that is finished
   */
  void deleteOthers(JsonNode run) {
    if (!files().exists(folder.modelsAtSteps())) {
      return;
    }
    Set<Path> kept =
        steps.stream().map(this::path).filter(at -> isOf(at, run)).collect(Collectors.toSet());
    files().folders(folder.modelsAtSteps()).stream()
        .filter(at -> !kept.contains(at))
        .forEach(files()::delete);
    if (kept.isEmpty()) {
      files().delete(folder.modelsAtSteps());
    }
  }

  /** Those that are there and belong to the unlearned model, by the name of their scores. */
  Map<String, Path> ofTheModel() {
    Map<String, Path> found = new LinkedHashMap<>();
    if (!steps.isEmpty()) {
      ModelOrigin.read(folder.model(), files())
          .map(origin -> origin.made().run())
          .ifPresent(
              run ->
                  steps.stream()
                      .filter(step -> isOf(path(step), run))
                      .forEach(step -> found.put(ModelNames.afterSteps(step), path(step))));
    }
    return found;
  }

  /** A sentence about those that are not there; none if all are. */
  Optional<String> missing() {
    Set<String> found = ofTheModel().keySet();
    List<Integer> missing =
        steps.stream().filter(step -> !found.contains(ModelNames.afterSteps(step))).toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "no model after step %s was kept: the training ended sooner, or evaluate.at-steps did not have it then; unlearn with overwrite=true trains again"
                .formatted(
                    missing.stream().map(String::valueOf).collect(Collectors.joining(", "))));
  }

  /** Whether a whole model is there that this run made. */
  private boolean isOf(Path model, JsonNode run) {
    return (files().exists(new Path(model, HfFolder.CONFIG))
            || files().exists(new Path(model, PeftFolder.CONFIG)))
        && ModelOrigin.read(model, files())
            .filter(origin -> origin.made().run() != null)
            .map(origin -> Files.json(run).equals(Files.json(origin.made().run()))) // as text: JSON
            .orElse(false); // that was read has other number types
  }

  private Path path(int step) {
    return new Path(folder.modelsAtSteps(), String.valueOf(step));
  }

  private Files files() {
    return folder.files();
  }
}
