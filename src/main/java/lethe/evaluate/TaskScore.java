package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import lethe.evaluate.metric.Interval;
import lethe.json.OrNull;

/**
 * How many multiple-choice questions one model answers right.
 *
 * @param model its name
 * @param task its name
 * @param questions asked
 * @param accuracy share right by the choices' summed log-likelihood
 * @param normalizedAccuracy share right by log-likelihood per character of the choice
 * @param interval of accuracy, 95 %, by resampling questions
 */
@JsonNaming(SnakeCaseStrategy.class)
public record TaskScore(
    String model,
    String task,
    long questions,
    double accuracy,
    double normalizedAccuracy,
    @OrNull Interval interval) {}
