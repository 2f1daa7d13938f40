package lethe.train;

import java.util.List;
import java.util.Map;

/**
 * What a look at the forget loss on the way showed, on the half of the documents that steers.
 *
 * @param step that it came before, so the number of steps applied
 * @param nll of forget, domains weighed by their tokens, nats a token; null when not finite
 * @param distance nll minus the target; null when not finite
 * @param domains nll by domain
 * @param open domains that are still to be forgotten
 */
public record Probe(
    int step, Double nll, Double distance, Map<String, Double> domains, List<String> open) {}
