package lethe.target;

import java.util.Map;

/**
 * What a look at the forget loss on the way showed, on the half of the documents that steers.
 *
 * @param step that it came before, so the number of steps applied
 * @param nll of forget, domains weighed by their tokens, nats a token; null when not finite
 * @param distance nll minus the target; null when not finite
 * @param domains nll by domain
 * @param weights by domain, of its examples in the forget loss from here on; 0 where it is no
 *     longer trained on
 */
public record ProbeResult(
    int step,
    Double nll,
    Double distance,
    Map<String, Double> domains,
    Map<String, Double> weights) {}
