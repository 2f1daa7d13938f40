package lethe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import lethe.certificate.Certificate;
import lethe.console.Console;
import lethe.folder.RunFolder;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import lethe.spark.RunningSpark;

/**
 * Trains a certified model again, from the settings and the inputs that its run recorded, and
 * compares the SHA-256 of the weights. Where processor, threads, PyTorch or Lethe are others, bits
 * may differ; if they do, the losses on every split are compared.
 *
 * <p>A replay is a run in a folder of its own, so one that was interrupted goes on where it was.
 */
public final class Replay {
  private final Certificate certificate;
  private final ReplayFolder place;
  private final ReplaySettings replayed;
  private final OptionalDouble tolerance;

  /**
   * Reads what the run recorded, and checks the settings.
   *
   * @param into the folder of the replay; empty for one beside the run, which is deleted when the
   *     weights are the same
   * @param tolerance most nats per token between two losses; empty for {@code stop.band} of the run
   * @param pairs {@code key=value} over the recorded settings
   * @throws InvalidSettings when the record cannot be used, withholds what is not among the pairs,
   *     or a pair would make another model
   */
  public Replay(
      Certificate certificate,
      Optional<String> into,
      OptionalDouble tolerance,
      List<String> pairs) {
    this.certificate = certificate;
    this.place = ReplayFolder.of(certificate.run(), into);
    this.replayed = ReplaySettings.of(certificate.run(), place.folder(), pairs);
    this.tolerance = tolerance;
  }

  /** The settings of the replay. */
  public Settings settings() {
    return replayed.settings();
  }

  /** All stages together; where one trains what the next begins with, that one. */
  public RunConfig config() {
    return replayed.config(replayed.trainings().contains(Verb.FINETUNE) ? Verb.FINETUNE : Verb.RUN);
  }

  /**
   * Refuses to go on with a replay that was begun under other conditions: its weights would come
   * from neither.
   */
  private void refuseMixture() {
    RunFolder folder = place.folder();
    if (!folder.files().exists(folder.provenance())) {
      return;
    }
    JsonNode begun = Recorded.provenance(folder);
    List<String> differences =
        Conditions.differences(begun, Recorded.with(begun, replayed.settings()));
    if (!differences.isEmpty()) {
      throw new InvalidSettings(
          "Cannot go on with the replay in %s, which was begun under other conditions (%s); go on as it was begun, or delete the folder"
              .formatted(folder.root(), String.join("; ", differences)));
    }
  }

  /**
   * Trains again and compares.
   *
   * @return why the certificate does not hold; empty where it does
   * @throws InvalidSettings when an input is gone or is not the one that was certified
   * @throws lethe.train.StoppedException when it was asked to stop; the same call goes on
   */
  public Optional<String> execute(Console console) {
    ReplayStages stages = new ReplayStages(replayed, console);
    ReplayInputs inputs = new ReplayInputs(certificate.run(), place, stages);
    try {
      place.begin(certificate.run().files().sha256(certificate.file()));
      refuseMixture();
      inputs.checkModels();
      inputs.prepare();
      List<String> conditions =
          Conditions.differences(
              Recorded.provenance(certificate.run()), Recorded.provenance(place.folder()));
      if (!conditions.isEmpty()) {
        stages.say(
            "bits may differ here; if they do, losses are compared: "
                + String.join("; ", conditions));
      }
      replayed.trainings().forEach(stages::run);
      Weights certified = Weights.of(certificate.model());
      return new ReplayOutcome(certificate.run(), certified, place, stages, tolerance).compare();
    } finally {
      RunningSpark.stop();
    }
  }
}
