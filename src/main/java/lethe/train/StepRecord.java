package lethe.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Map;
import java.util.Optional;
import lethe.train.gradient.GradientConflict;

/**
 * One line of {@code steps.jsonl}.
 *
 * @param step from 1
 * @param losses mean of each term over the step, nats, before its weight, by role
 * @param counts what each was divided by
 * @param gradNorm global norm before clipping
 * @param conflict how the gradients of forget terms and retain terms relate; null, and left out of
 *     the line, where they travelled as one
 * @param retainFactor by which the gradient of the retain terms was multiplied under a bound on
 *     them; null, and left out of the line, where it was 1
 * @param learningRate with which the step was applied
 * @param tokens that went through forward and backward
 * @param seconds since the previous step
 * @param tokensPerSecond of the whole cluster
 * @param waitShare of the workers' time that went into anything but forward and backward: plan,
 *     adding, exchange, waiting for others, update; 0 to 1
 * @param wireBytes of gradients and weights, without their frames, over the driver's network card
 * @param driver number of the driver that applied it, from 1; a change means that the training was
 *     resumed by another process
 * @param launch of the training stage, from 0
 * @param attempt of the stage
 * @param finished when the step was applied, ISO 8601 in UTC
 */
@JsonPropertyOrder({"step", "losses", "counts"})
public record StepRecord(
    int step,
    Map<String, Double> losses,
    Map<String, Long> counts,
    @JsonProperty("grad_norm") double gradNorm,
    @JsonUnwrapped GradientConflict conflict,
    @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("retain_factor") Double retainFactor,
    @JsonProperty("learning_rate") double learningRate,
    long tokens,
    double seconds,
    @JsonProperty("tokens_per_second") double tokensPerSecond,
    @JsonProperty("wait_share") double waitShare,
    @JsonProperty("wire_bytes") long wireBytes,
    int driver,
    int launch,
    int attempt,
    String finished) {

  /**
   * Cosine of the angle between the gradients of forget terms and retain terms; empty where there
   * are not two.
   */
  public Optional<Double> cosine() {
    return Optional.ofNullable(conflict).map(GradientConflict::cosine);
  }
}
