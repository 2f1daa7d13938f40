package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import lethe.evaluate.metric.KolmogorovSmirnov;

/**
 * How far a model is, on forget, from one that was retrained without the forget documents: the true
 * goal, which the target only estimates.
 *
 * @param model compared with the retrained one
 * @param nll of the model on forget, nats per token
 * @param truth of the retrained model on forget, nats per token
 * @param estimate the target, of all documents; null when there is none
 * @param chunks how the two models' mean losses of forget chunks are spread
 * @param divergence mean over forget positions of KL(retrained to model), nats
 */
@JsonNaming(SnakeCaseStrategy.class)
public record DistanceToRetrained(
    String model,
    Double nll,
    Double truth,
    Double estimate,
    KolmogorovSmirnov chunks,
    Double divergence) {}
