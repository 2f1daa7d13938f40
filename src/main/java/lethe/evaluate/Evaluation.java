package lethe.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;

/**
 * What an evaluation found, and the files it stands in. It is written last: scores without it are
 * unfinished.
 *
 * @param models evaluated, in order
 * @param scores one a model, split and domain
 * @param membership one a model, domain and score
 * @param memory one a model, split and domain
 * @param tasks one a model and task
 * @param histograms one a model and split
 * @param truths one a model but the retrained one; empty when there is none
 * @param verdicts one a model other than the original
 * @param requests to forget, where any were listed
 * @param continuations of forget chunks; empty unless {@code report.examples} asked for them
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Evaluation(
    List<Model> models,
    List<SplitScore> scores,
    List<MembershipScore> membership,
    List<MemoryScore> memory,
    List<TaskScore> tasks,
    List<Histogram> histograms,
    List<GroundTruth> truths,
    List<Verdict> verdicts,
    List<RequestScore> requests,
    List<Continuation> continuations) {

  /**
   * A model that was evaluated.
   *
   * @param name original, unlearned, ...
   * @param path its folder
   * @param fingerprint SHA-256 over config.json and the weights
   * @param parameters of the network
   * @param parts the files of its chunk scores, relative to the run's folder
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Model(
      String name, String path, String fingerprint, long parameters, List<String> parts) {}

  /**
   * @throws InvalidSettings when the run folder has no finished evaluation
   */
  public static Evaluation read(RunFolder folder) {
    if (!folder.files().exists(folder.evaluation())) {
      throw new InvalidSettings(
          "Cannot read scores: there is no " + folder.evaluation() + "; run evaluate first");
    }
    try {
      return new ObjectMapper()
          .treeToValue(folder.files().readJson(folder.evaluation()), Evaluation.class);
    } catch (JsonProcessingException e) {
      throw new InvalidSettings(
          "Cannot read " + folder.evaluation() + ": " + e.getOriginalMessage(), e);
    }
  }

  void write(RunFolder folder) {
    folder.files().writeJson(folder.evaluation(), this);
  }
}
