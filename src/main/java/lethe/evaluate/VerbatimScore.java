package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * How much of the chunks of a split and domain a model writes by itself after their beginnings.
 *
 * @param domain of the chunks, or {@code *} for all
 * @param chunks that were continued
 * @param verbatimMemorisation 100 times the mean ROUGE-L F1, see {@link
 *     lethe.evaluate.metric.VerbatimMemorisation}
 * @param rougeLRecall mean
 * @param exact share of the chunks whose next tokens are all written
 * @param direction which way the figures point
 */
@JsonNaming(SnakeCaseStrategy.class)
public record VerbatimScore(
    String model,
    String split,
    String domain,
    int chunks,
    double verbatimMemorisation,
    double rougeLRecall,
    double exact,
    String direction) {
  static final String DIRECTION = "higher: more is known by heart";
}
