package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Flat logits: bring the largest logit down to the mean of all, until nothing in particular is
 * predicted.
 *
 * <pre>  L = (1/n) sum_t (max_v z_t(v) - (1/V) sum_v z_t(v))^2  </pre>
 *
 * The forget term of Entesari et al., "Constrained Entropic Unlearning: A Primal-Dual Framework for
 * Large Language Models", arXiv:2506.05314 (PDU), without their multiplier on the retain term. It
 * is of logits, not of probabilities, and its unit the square of a nat. Unbounded above; 0 at the
 * uniform prediction, as {@link MaxEntropy} is; unlike that from model to uniform, its gradient is
 * largest at a certain prediction. It needs no labels but scores their positions.
 *
 * <p>The logits at a position are those that predict its label. The published code masks them by
 * the labels of their own places, one off: the first token of an answer is never scored there, and
 * the one after the end is.
 */
public record FlatLogits() implements PositionTerm {
  @Override
  public String name() {
    return "flat-logits";
  }

  @Override
  public NDArray sum(Positions positions) {
    NDArray logitsNV = positions.logitsNV();
    int[] vocabulary = {-1};
    NDArray aboveN = logitsNV.max(vocabulary).sub(logitsNV.mean(vocabulary));
    return aboveN.square().sum();
  }
}
