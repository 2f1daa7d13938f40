package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import lethe.evaluate.metric.KolmogorovSmirnov;
import lethe.json.OrNull;

/**
 * How far a model is from one that was retrained without the forget documents: the true goal, which
 * the target only estimates.
 *
 * @param model compared with the retrained one
 * @param nll of the model on forget, nats per token
 * @param truth of the retrained model on forget, nats per token
 * @param estimate the target, of all documents; null when there is none
 * @param chunks how the two models' mean losses of forget chunks are spread
 * @param divergence mean over forget positions of KL(retrained to model), nats; null when it is not
 *     finite
 * @param floor the same of the original model on approximate text, which neither saw, domains
 *     weighed like forget: models that forgot nothing and know nothing are so far apart. Null when
 *     a domain to forget has no approximate text
 * @param splits how far the model is on every split and domain
 */
@JsonNaming(SnakeCaseStrategy.class)
public record DistanceToRetrained(
    String model,
    Double nll,
    Double truth,
    Double estimate,
    KolmogorovSmirnov chunks,
    Double divergence,
    @OrNull Double floor,
    List<DivergenceScore> splits) {}
