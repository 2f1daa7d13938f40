package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Ascent weighted by saturation and importance: most on tokens that are likely, but not certain.
 *
 * <pre>
 *   L = (1/n) sum_t p(x_t)^beta1 (1 - p(x_t))^beta2 log p(x_t),   the weight held constant
 * </pre>
 *
 * Yang et al., "Exploring Criteria of Loss Reweighting to Enhance LLM Unlearning",
 * arXiv:2505.11953. The weight is largest at p = beta1 / (beta1 + beta2): a token that the model
 * knows by heart hardly moves, and one that fell below is left half known. With beta2 = 0 it is
 * {@link WeightedAscent}.
 *
 * <p>Configuration and documentation of open-unlearning give the ratio of its weight to that of the
 * retain term as 0.1 and as 10; here both are settings, and 1.
 *
 * @param beta1 power of the probability, at least 0
 * @param beta2 power of what is missing to certainty, at least 0
 */
public record SatImp(double beta1, double beta2) implements HeldTerm {
  @Override
  public String name() {
    return "satimp";
  }

  @Override
  public NDArray sum(Positions positions, Positions held) {
    NDArray nllN = held.nllN();
    NDArray importanceN = nllN.mul(-beta1).exp();
    NDArray saturationN = nllN.neg().exp().neg().add(1).pow(beta2);
    return importanceN.mul(saturationN).mul(positions.nllN()).sum().neg();
  }
}
