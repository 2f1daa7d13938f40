package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Optional;
import java.util.Set;

/**
 * Self-distillation with adjusted logits: learn the reference's prediction after the logit of the
 * true token was lowered by a fixed amount.
 *
 * <pre>
 *   q_t = softmax(z_ref,t / T - beta onehot(x_t))
 *   L = (1/n) sum_t sum_v -q_t(v) log p_t(v)
 * </pre>
 *
 * Dong et al., "UNDIAL: Self-Distillation with Adjusted Logits for Robust Unlearning in Large
 * Language Models", arXiv:2402.10052. Its gradient with respect to the logits is p - q: it ends at
 * q, which finds the true token less likely by at most beta nats (with T = 1, as in the paper). A
 * temperature is our own: predictions on text that a model remembers are too sure of the other
 * tokens, too. As beta grows it becomes {@link Distillation} to the {@link TruncatedPredictions}
 * without the truth, but for the entropy of q, a constant; with beta 0 likewise {@link
 * KullbackLeibler}.
 *
 * <p>Scored positions alone count. The code of open-unlearning averages over prompt and padding
 * too, where a label of -100 lowers the token of that index, counted from the end of the
 * vocabulary.
 *
 * @param beta nats by which the true token's logit is lowered, at least 0
 * @param temperature T of the reference's logits, greater than 0; above 1 it flattens
 */
public record Undial(double beta, double temperature) implements PositionTerm {
  @Override
  public String name() {
    return "undial";
  }

  @Override
  public Set<FrozenModel> frozen() {
    return Set.of(FrozenModel.REFERENCE);
  }

  @Override
  public NDArray sum(Positions positions) {
    return targetNV(positions).mul(positions.logitsNV().logSoftmax(-1)).sum().neg();
  }

  /** Its gradient with respect to the logits is p - q. */
  @Override
  public Optional<Slope> slope(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray qNV = targetNV(positions);
    NDArray sum = qNV.mul(logPNV).sum().neg();
    return Optional.of(new Slope(sum, logPNV.exp().subi(qNV)));
  }

  private NDArray targetNV(Positions positions) {
    return loweredNV(positions).softmax(-1);
  }

  /** The logits of the labels: N x V. */
  NDArray loweredNV(Positions positions) {
    NDArray referenceNV = positions.frozenNV().get(FrozenModel.REFERENCE).div(temperature);
    NDArray loweredN1 = positions.truthN1(referenceNV).sub(beta);
    return positions.withTruth(referenceNV, loweredN1);
  }
}
