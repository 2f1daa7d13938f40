package lethe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ModelNames;
import lethe.folder.RunFolder;
import lethe.model.checkpoint.ModelOrigin;
import lethe.settings.InvalidSettings;

/**
 * Whether everything that a report shows is of one run: the corpus, the unlearned model and the
 * evaluation, by the hashes that they record of one another.
 *
 * @param folder of the run
 * @param evaluation that is reported
 */
record OneRun(RunFolder folder, Evaluation evaluation) {

  /**
   * @throws InvalidSettings naming everything that is of another run
   */
  void check() {
    List<String> problems = new ArrayList<>();
    Map<String, String> scored = new TreeMap<>();
    evaluation.models().forEach(model -> scored.put(model.name(), model.fingerprint()));
    String chunks = evaluation.asked().chunksSha256();
    folder
        .files()
        .readObjectIfThere(folder.corpusManifest(), "run prepare with overwrite=true")
        .map(manifest -> manifest.path("chunks_sha256").asText(null))
        .ifPresent(now -> differ(problems, "the chunks in " + folder.corpus(), chunks, now));
    Optional<ModelOrigin> model = ModelOrigin.read(folder.model(), folder.files());
    if (model.isPresent()) {
      ModelOrigin.Inputs made = model.get().made();
      String name = folder.model().toString();
      differ(problems, name, scored.get(ModelNames.UNLEARNED), model.get().fingerprint());
      differ(problems, "the chunks that made " + name, chunks, made.chunksSha256());
      differ(
          problems,
          "the model that " + name + " was made from",
          scored.get(ModelNames.ORIGINAL),
          made.models().get(ModelNames.ORIGINAL));
    }
    if (!problems.isEmpty()) {
      problems.add(
          0,
          "Cannot report: %s is of other files than the run folder has; run evaluate again with overwrite=true"
              .formatted(folder.evaluation()));
      throw new InvalidSettings(problems);
    }
  }

  /** A model that was not scored, or whose origin is not recorded, is not compared. */
  private static void differ(List<String> problems, String what, String scored, String now) {
    if (scored != null && now != null && !scored.equals(now)) {
      problems.add("  %s: scored %s, is %s".formatted(what, scored, now));
    }
  }
}
