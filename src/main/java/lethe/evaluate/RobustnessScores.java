package lethe.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.OrNull;

/**
 * The figures behind {@link Robustness}, by domain, in {@link RunFolder#robustnessScores}. A loss
 * that is not finite is null.
 *
 * @param asked what they were made for
 * @param quantized one per model, quantization, split and domain
 * @param relearned one per model, number of steps and domain
 * @param prefixed one per model, split, domain and number of tokens given
 */
public record RobustnessScores(
    Asked asked,
    List<Quantized> quantized,
    List<Relearned> relearned,
    List<Prefixed> prefixed,
    List<Paraphrased> paraphrased) {

  /**
   * What was asked for.
   *
   * @param chunksSha256 of the corpus
   * @param models folders by name, without credentials
   * @param microBatch chunks per forward pass
   * @param paraphrasesSha256 of the documents in other words; null where there are none
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Asked(
      String chunksSha256,
      Map<String, String> models,
      int microBatch,
      RobustnessSettings settings,
      @OrNull String paraphrasesSha256) {
    public Asked {
      settings = settings.shown();
    }

    /** Whether the run folder has the figures of the same, and the checks made of them. */
    public boolean answered(RunFolder folder) {
      if (!folder.files().exists(folder.robustness())
          || !folder.files().exists(folder.robustnessScores())) {
        return false;
      }
      JsonNode before = folder.files().readJson(folder.robustnessScores()).path("asked");
      return Files.json(before).equals(Files.json(this)); // as text: JSON has other number types
    }
  }

  /**
   * A rounded model's loss.
   *
   * @param quantization how it was rounded
   * @param nll nats per token
   * @param change from the model as it is, nats per token
   */
  public record Quantized(
      String model, String quantization, String split, String domain, Double nll, Double change) {}

  /**
   * The loss of documents that were never shown, after training on others.
   *
   * @param split whose documents are in two halves: one is trained on, the other is measured
   * @param steps of training
   * @param nll of the other half, nats per token
   */
  public record Relearned(String model, String split, int steps, String domain, Double nll) {}

  /**
   * How a model goes on when it is given the beginning of chunks.
   *
   * @param tokens given
   * @param chunks continued
   * @param exact share of them whose next 50 tokens are written, 0 to 1
   * @param run mean length of the longest run that what is written has in common with the next 50
   *     tokens of the text, tokens
   */
  public record Prefixed(
      String model,
      String split,
      String domain,
      int tokens,
      long chunks,
      double exact,
      double run) {}

  /**
   * The loss of documents in other words.
   *
   * @param nll nats per token
   * @param tokens scored
   */
  public record Paraphrased(String model, String split, String domain, long tokens, Double nll) {}
}
