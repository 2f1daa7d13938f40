package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Learn other labels by a bounded divergence: Jensen-Shannon, of a certain prediction of the label
 * and the model.
 *
 * <pre>
 *   L = (1/n) sum_t (KL(onehot(a_t), m) + KL(p, m)) / 2,   m = (onehot(a_t) + p) / 2
 *     = (1/n) sum_t log 2 + (p(a_t) log p(a_t) - (1 + p(a_t)) log(1 + p(a_t))) / 2
 * </pre>
 *
 * The forget term of Singh et al., "Unlearning That Lasts: Utility-Preserving, Robust, and Almost
 * Irreversible Forgetting in LLMs", arXiv:2509.02820 (JensUn); a_t goes through the tokens of a
 * short text, again and again. From 0, where the labels are certain, to log 2 for each position.
 * Unlike {@link CrossEntropy} its gradient fades, as p log(1/p), where a label is unlikely: labels
 * far from what the model predicts are learnt slowly at first. It is {@link JensenShannon} with a
 * reference that is certain of the labels.
 */
public record JensenShannonLabels() implements PositionTerm {
  @Override
  public String name() {
    return "jsd";
  }

  @Override
  public ViewKind view() {
    return ViewKind.REPEATED_LABELS;
  }

  @Override
  public NDArray sum(Positions positions) {
    NDArray nllN = positions.nllN();
    NDArray pN = nllN.neg().exp();
    NDArray overN = pN.add(1);
    return pN.mul(nllN).add(overN.mul(overN.log())).div(2).neg().add(Math.log(2)).sum();
  }
}
