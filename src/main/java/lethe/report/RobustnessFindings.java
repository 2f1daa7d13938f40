package lethe.report;

import java.util.List;
import java.util.Optional;
import lethe.evaluate.Robustness;
import lethe.evaluate.RobustnessScores;
import lethe.folder.Files;
import lethe.folder.RunFolder;

/**
 * What the checks of the robustness found, with the figures behind it.
 *
 * @param checks that were made
 * @param quantized see {@link RobustnessScores}
 * @param relearned see {@link RobustnessScores}
 * @param prefixed see {@link RobustnessScores}
 * @param paraphrased see {@link RobustnessScores}
 */
record RobustnessFindings(
    List<Robustness.Check> checks,
    List<RobustnessScores.Quantized> quantized,
    List<RobustnessScores.Relearned> relearned,
    List<RobustnessScores.Prefixed> prefixed,
    List<RobustnessScores.Paraphrased> paraphrased) {

  /**
   * @param unlearned fingerprint of the model that is reported on
   * @return nothing when no check was made, or of another model
   * @throws lethe.settings.InvalidSettings when a file is damaged
   */
  static Optional<RobustnessFindings> read(RunFolder folder, Optional<String> unlearned) {
    Optional<Robustness> made =
        Robustness.read(folder).filter(r -> unlearned.equals(Optional.of(r.model())));
    if (made.isEmpty() || !folder.files().exists(folder.robustnessScores())) {
      return Optional.empty();
    }
    String remedy = "delete it, or check the robustness again";
    RobustnessScores scores =
        Files.record(
            folder.robustnessScores(),
            folder.files().readObject(folder.robustnessScores(), remedy),
            RobustnessScores.class,
            remedy);
    return Optional.of(
        new RobustnessFindings(
            made.get().checks(),
            scores.quantized(),
            scores.relearned(),
            scores.prefixed(),
            scores.paraphrased()));
  }
}
