package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.evaluate.metric.Interval;
import lethe.json.OrNull;
import lethe.target.Split;
import lethe.target.Target;

/**
 * What one model makes of one split and domain. A figure that is not finite (a ruined model's
 * perplexity overflows) is null.
 *
 * @param model its name: original, unlearned, ...
 * @param split of the corpus
 * @param domain of the split, or {@code *} for all of them together
 * @param documents with a scored chunk
 * @param chunks scored
 * @param tokens scored
 * @param nll mean negative log-likelihood, nats per token
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
    @OrNull Intervals intervals) {

  /**
   * 95 % intervals of the figures, by resampling documents; a member is null when its figure was
   * not finite in some draw.
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Intervals(
      @OrNull Interval nll,
      @OrNull Interval perplexity,
      @OrNull Interval macroPerplexity,
      @OrNull Interval accuracy) {}

  /** The name that means all domains together. */
  public static final String ALL = "*";

  /**
   * The target of a run, or nothing when a domain to forget has no approximate text.
   *
   * @param scores of the original model; others are passed over
   */
  public static Optional<Target> target(List<SplitScore> scores) {
    Map<String, Long> forgetTokens =
        original(scores, Split.FORGET)
            .collect(Collectors.toMap(SplitScore::domain, SplitScore::tokens));
    Map<String, Double> approximate =
        original(scores, Split.APPROXIMATE)
            .filter(s -> s.nll() != null)
            .collect(Collectors.toMap(SplitScore::domain, SplitScore::nll));
    return Target.of(forgetTokens, approximate);
  }

  private static Stream<SplitScore> original(List<SplitScore> scores, Split split) {
    return scores.stream()
        .filter(s -> s.model().equals(ModelNames.ORIGINAL) && s.split().equals(split.key()))
        .filter(s -> !s.domain().equals(ALL));
  }
}
