package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * What one model makes of one split and domain. A figure that is no finite number (a ruined model's
 * perplexity overflows) is null.
 *
 * @param model its name: original, unlearned, ...
 * @param split of the corpus
 * @param domain of the split, or {@code *} for all of them together
 * @param documents with a scored chunk
 * @param chunks scored
 * @param tokens scored
 * @param nll mean negative log-likelihood, nats a token
 * @param perplexity exp of nll
 * @param macroPerplexity exp of the mean over chunks of a chunk's mean nll: a short chunk weighs as
 *     much as a long one
 * @param accuracy share of tokens that were the model's first choice, 0 to 1
 * @param intervals of the four figures; null for a sole document
 */
@JsonNaming(SnakeCaseStrategy.class)
public record SplitScore(
    String model,
    String split,
    String domain,
    long documents,
    long chunks,
    long tokens,
    Double nll,
    Double perplexity,
    Double macroPerplexity,
    double accuracy,
    Intervals intervals) {

  /**
   * Where the figures lie with 95 % confidence, documents drawn anew; a member is null when its
   * figure was no finite number in some draw.
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Intervals(
      Interval nll, Interval perplexity, Interval macroPerplexity, Interval accuracy) {}

  /** The domain that stands for all together. */
  public static final String ALL = "*";
}
