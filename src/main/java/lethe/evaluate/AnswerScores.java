package lethe.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.OrNull;
import lethe.settings.InvalidSettings;

/**
 * What models answered, in figures: {@link RunFolder#answerScores}.
 *
 * @param version of this file's members and their meaning
 * @param asked what was asked for
 * @param sets one per model and set of questions
 * @param summaries figures of several sets, by model
 */
@JsonNaming(SnakeCaseStrategy.class)
public record AnswerScores(int version, Asked asked, List<SetScore> sets, List<Summary> summaries) {
  public static final int VERSION = 1;

  /**
   * What the answers depend on.
   *
   * @param models fingerprints by name
   * @param settings without credentials
   * @param questions SHA-256 of each set's file
   * @param encoders fingerprints of the networks that judge answers
   * @param prompt how questions are written
   * @param endTokens ids that end an answer
   * @param microBatch answers per forward pass
   * @param precision of matrix products
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Asked(
      Map<String, String> models,
      AnswerSettings settings,
      Map<String, String> questions,
      Map<String, String> encoders,
      String prompt,
      List<Integer> endTokens,
      int microBatch,
      String precision) {

    /** Whether the run folder has the figures of the same. */
    public boolean answered(RunFolder folder) {
      if (!folder.files().exists(folder.answerScores())) {
        return false;
      }
      JsonNode before = folder.files().readJson(folder.answerScores()).path("asked");
      return Files.json(before).equals(Files.json(this)); // as text: JSON has other number types
    }
  }

  /**
   * One figure.
   *
   * @param name as {@link AnswerMetric#key}
   * @param value the mean over rows; null where no row has one
   * @param rows that have one
   * @param direction which way it points
   * @param missing why rows have none, in a few words; null where all have one
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Figure(
      String name, @OrNull Double value, int rows, String direction, @OrNull String missing) {}

  /**
   * The answers of a model to a set of questions.
   *
   * @param use what they tell
   * @param rows questions
   * @param empty answers without a token
   * @param unanswered questions that fill the model's context
   * @param unended answers that were cut at their most tokens, or by the model's context
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record SetScore(
      String model,
      String set,
      QuestionSet.Use use,
      int rows,
      int empty,
      int unanswered,
      int unended,
      List<Figure> figures) {

    /** A figure's value; NaN where it has none. */
    double value(AnswerMetric metric) {
      return figures.stream()
          .filter(figure -> figure.name().equals(metric.key()) && figure.value() != null)
          .mapToDouble(Figure::value)
          .findFirst()
          .orElse(Double.NaN);
    }
  }

  /**
   * A figure of a model.
   *
   * @param set it is of; null for several together
   * @param name model_utility, model_utility_retain, model_utility_tofu, knowledge_memorisation,
   *     forget_efficacy or forget_quality
   * @param value null where it could not be computed
   * @param missing why; null where it could
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Summary(
      String model,
      @OrNull String set,
      String name,
      @OrNull Double value,
      String direction,
      @OrNull String missing) {}

  /**
   * @return nothing where no question was answered
   * @throws InvalidSettings when the file is damaged, or of another version
   */
  public static Optional<AnswerScores> read(RunFolder folder) {
    if (!folder.files().exists(folder.answerScores())) {
      return Optional.empty();
    }
    String remedy = "delete it, or evaluate again";
    JsonNode json = folder.files().readObject(folder.answerScores(), remedy);
    int version = json.path("version").asInt(0);
    if (version != VERSION) {
      throw new InvalidSettings(
          "Cannot read %s: it is of version %d, this program reads %d; %s"
              .formatted(folder.answerScores(), version, VERSION, remedy));
    }
    return Optional.of(Files.record(folder.answerScores(), json, AnswerScores.class, remedy));
  }
}
