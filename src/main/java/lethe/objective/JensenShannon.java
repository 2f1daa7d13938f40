package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import java.util.Optional;
import java.util.Set;

/**
 * Keep the whole prediction by a bounded divergence: Jensen-Shannon, of the reference model and the
 * model.
 *
 * <pre>
 *   m = (p_ref + p) / 2
 *   L = (1/n) sum_t (KL(p_ref, m) + KL(p, m)) / 2
 * </pre>
 *
 * The retain term of Singh et al., "Unlearning That Lasts: Utility-Preserving, Robust, and Almost
 * Irreversible Forgetting in LLMs", arXiv:2509.02820 (JensUn). At most log 2 for each position, so
 * no position outweighs the others, and near agreement a quarter of {@link KullbackLeibler}. Where
 * the reference is certain it is {@link JensenShannonLabels}.
 *
 * <p>Computed from the difference of the log-probabilities, d = log p - log p_ref, and not from m,
 * whose logarithm is infinite where both underflow: KL(p_ref, m) = sum p_ref (log 2 - log(1 +
 * e^d)).
 */
public record JensenShannon() implements PositionTerm {
  private static final double LOG2 = Math.log(2);
  private static final int[] VOCABULARY = {-1};

  @Override
  public String name() {
    return "jsd";
  }

  @Override
  public Set<FrozenModel> frozen() {
    return Set.of(FrozenModel.REFERENCE);
  }

  @Override
  public NDArray sum(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray logReferenceNV = positions.frozenNV().get(FrozenModel.REFERENCE).logSoftmax(-1);
    NDArray differenceNV = logPNV.sub(logReferenceNV);
    NDArray fromNV = logReferenceNV.exp().mul(overMean(differenceNV));
    return fromNV.add(logPNV.exp().mul(overMean(differenceNV.neg()))).sum().div(2);
  }

  /** Its gradient with respect to the logits is p (g - sum_u p_u g_u), g = log(p / m) / 2. */
  @Override
  public Optional<Slope> slope(Positions positions) {
    NDArray pNV = positions.logitsNV().logSoftmax(-1);
    NDArray referenceNV = positions.frozenNV().get(FrozenModel.REFERENCE).logSoftmax(-1);
    NDArray differenceNV = pNV.sub(referenceNV);
    NDArray fromN = overMean(differenceNV).muli(referenceNV.exp()).sum(VOCABULARY, true);
    NDArray overNV = overMean(differenceNV.neg());
    pNV = pNV.exp();
    NDArray toN = overNV.mul(pNV).sum(VOCABULARY, true);
    NDArray sum = fromN.add(toN).sum().div(2);
    return Optional.of(new Slope(sum, overNV.subi(toN).muli(pNV).divi(2)));
  }

  /** log(a / m) of distributions a and b with mean m, from log b - log a. */
  private static NDArray overMean(NDArray differenceNV) {
    return Activation.softPlus(differenceNV).neg().add(LOG2);
  }
}
