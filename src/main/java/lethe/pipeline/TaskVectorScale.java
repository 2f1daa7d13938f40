package lethe.pipeline;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lethe.corpus.Manifest;
import lethe.examples.ProbeLosses;
import lethe.examples.ProbePlan;
import lethe.examples.ProbeSelection;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.TaskVectorWeights;
import lethe.objective.FrozenModel;
import lethe.run.RunConfig;
import lethe.run.SweepSettings;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.target.Bisection;
import lethe.target.Bisection.Tried;
import org.apache.hadoop.fs.Path;

/**
 * Finds how many times a task vector has to be taken off so that the forget loss of the steering
 * half is at its target: writes the model of a scale beside the run's, scores it and tries the
 * next, a handful of times. What was tried is in {@code task-vector-scale.json}, written after
 * each, so that a run that goes on need not try it again.
 */
final class TaskVectorScale {
  private static final int VERSION = 1;

  private static final String REMEDY = "delete it, and the scale is looked for again";

  /** More of a task vector than this leaves nothing of a model. */
  private static final double MOST = 16;

  private static final int ROUNDS = 14;

  /**
   * {@code task-vector-scale.json}.
   *
   * @param models fingerprints, by what each is used for
   * @param chunksSha256 hash of the corpus
   * @param settings of the choice and the scoring of chunks, as a text
   * @param target nats per token
   * @param tried with its loss on the steering half, in order; the first is the start, without it
   * @param scale that was chosen; null while it is looked for, and where there is none
   */
  record Found(
      int version,
      SortedMap<String, String> models,
      @JsonProperty("chunks_sha256") String chunksSha256,
      String settings,
      double target,
      List<Tried> tried,
      Double scale) {
    boolean sameAs(Found other) {
      return version == other.version
          && models.equals(other.models)
          && chunksSha256.equals(other.chunksSha256)
          && settings.equals(other.settings)
          && target == other.target;
    }

    Found with(List<Tried> all, Double chosen) {
      return new Found(version, models, chunksSha256, settings, target, List.copyOf(all), chosen);
    }
  }

  private final ModelTraining training;
  private final RunConfig config;
  private final RunFolder folder;
  private final RunModels models;
  private final Consumer<String> say;

  /**
   * @param training of the run
   * @param say takes sentences for the user
   */
  TaskVectorScale(ModelTraining training, RunModels models, Consumer<String> say) {
    this.training = training;
    this.config = training.config();
    this.folder = training.folder();
    this.models = models;
    this.say = say;
  }

  /**
   * Finds the scale.
   *
   * @throws InvalidSettings when no scale brings the loss into the target's band
   */
  double find() {
    Manifest manifest = Manifest.read(folder);
    ProbePlan probes =
        new ProbeSelection(
                training.spark(),
                folder,
                config.stop(),
                false,
                models.original(),
                config.train().seed(),
                config.train().shards(),
                config.train().microBatch(),
                config.train().compute())
            .execute(manifest.chunks(training.spark(), folder), manifest.chunksSha256());
    double target = probes.target().nll();
    Found asked =
        new Found(
            VERSION,
            training.inputs().fingerprints(Verb.UNLEARN),
            manifest.chunksSha256(),
            "%s, seed %d, %d chunks per pass, %s"
                .formatted(
                    config.stop(),
                    config.train().seed(),
                    config.train().microBatch(),
                    config.dtype()),
            target,
            List.of(),
            null);
    List<Tried> known = read().filter(asked::sameAs).map(Found::tried).orElse(List.of());
    List<Tried> tried = new ArrayList<>();
    Bisection bisection = new Bisection(target, probes.target().innerBand() / 5, MOST, ROUNDS);
    double start = loss(0, probes, known, asked, tried);
    if (start >= target) {
      throw new InvalidSettings(
          "Cannot find unlearn.task-vector-scale: the forget loss, %s, is not below its target, %s; set it to a number"
              .formatted(nats(start), nats(target)));
    }
    List<Tried> after = bisection.search(scale -> loss(scale, probes, known, asked, tried));
    folder.files().delete(folder.trial()); // of a driver that died while it scored
    Tried chosen =
        bisection
            .nearest(after, probes.target().band())
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "Cannot find unlearn.task-vector-scale: none brings the forget loss from %s to its target, %s; nothing was written. Scales and losses: %s. Finetune unlearn.reinforced-model longer, or set the scale to a number"
                            .formatted(nats(start), nats(target), shown(after))));
    folder.files().writeJson(folder.taskVectorScale(), asked.with(tried, chosen.scale()));
    say.accept(
        "unlearn.task-vector-scale is %s, with which the forget loss of the steering half is %s, from %s, and its target %s; tried: %s"
            .formatted(
                SweepSettings.rate(chosen.scale()),
                nats(chosen.nll()),
                nats(start),
                nats(target),
                shown(after)));
    return chosen.scale();
  }

  private Optional<Found> read() {
    return folder
        .files()
        .readObjectIfThere(folder.taskVectorScale(), REMEDY)
        .map(found -> Files.record(folder.taskVectorScale(), found, Found.class, REMEDY));
  }

  /** The loss with a scale, which is noted; not a number where a weight is not finite. */
  private double loss(
      double scale, ProbePlan probes, List<Tried> known, Found asked, List<Tried> tried) {
    Optional<Tried> before = known.stream().filter(t -> t.scale() == scale).findFirst();
    Double nll = before.isPresent() ? before.get().nll() : score(scale, probes);
    tried.add(new Tried(scale, nll));
    if (before.isEmpty()) {
      List<Tried> all = new ArrayList<>(tried);
      known.stream()
          .filter(t -> all.stream().noneMatch(a -> a.scale() == t.scale()))
          .forEach(all::add);
      folder.files().writeJson(folder.taskVectorScale(), asked.with(all, null));
    }
    return nll == null ? Double.NaN : nll;
  }

  private Double score(double scale, ProbePlan probes) {
    double nll = scale == 0 ? scored(models.start(), probes) : written(scale, probes);
    say.accept(
        "task-vector: without %s times, the forget loss of the steering half is %s"
            .formatted(SweepSettings.rate(scale), nats(nll)));
    return Double.isFinite(nll) ? nll : null;
  }

  private double written(double scale, ProbePlan probes) {
    Path trial = folder.trial();
    folder.files().delete(trial);
    SortedMap<String, String> fingerprints = training.inputs().fingerprints(Verb.UNLEARN);
    models
        .original()
        .write(
            folder.files(),
            trial,
            config.dtype(),
            config.shardBytes(),
            TaskVectorWeights.of(
                models.start(),
                models.frozen().get(FrozenModel.REINFORCED),
                models.frozen().get(FrozenModel.REFERENCE),
                scale),
            training
                .inputs()
                .origin(Verb.UNLEARN, fingerprints, TaskVector.run(config.unlearn(), scale)));
    double nll = scored(new ModelSource(trial.toString(), models.original().hadoop()), probes);
    folder.files().delete(trial);
    return nll;
  }

  private double scored(ModelSource model, ProbePlan probes) {
    return ProbeLosses.mean(probes, model, config.train().microBatch(), config.train().compute());
  }

  private static String shown(List<Tried> tried) {
    return tried.stream()
        .map(
            t ->
                SweepSettings.rate(t.scale())
                    + " "
                    + (t.nll() == null ? "not finite" : nats(t.nll())))
        .collect(Collectors.joining(", "));
  }

  private static String nats(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
