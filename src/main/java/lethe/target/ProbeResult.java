package lethe.target;

import java.util.Map;

/**
 * The result of one probe of the forget loss during training, on the steering half of the
 * documents.
 *
 * @param step before which it was made: the number of steps applied
 * @param nll of forget, domains weighted by their tokens, nats per token; null when not finite
 * @param distance nll minus the target; null when not finite
 * @param domains nll by domain
 * @param weights by domain, of its examples in the forget loss from here on; 0 for a domain that is
 *     not trained on for now
 */
public record ProbeResult(
    int step,
    Double nll,
    Double distance,
    Map<String, Double> domains,
    Map<String, Double> weights) {}
