package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import java.util.Optional;
import java.util.Set;

/**
 * Learn the labels of {@link Undial}, and push the true token up to the loss that it has there.
 *
 * <pre>
 *   q_t = softmax(z_ref,t / T - beta onehot(x_t))
 *   L = (1/n) sum_t (KL(q_t, p_t) + w max(0, log p_t(x_t) - log q_t(x_t)))
 * </pre>
 *
 * Our own. The divergence alone hardly notices a true token that is still ten times likelier than
 * its label: its slope is p - q, small where both are. The second summand is {@link CappedAscent}
 * with a cap for each token, -log q_t(x_t), and so has the whole distribution of losses that the
 * labels have, not their mean. Both are 0 at q alone. Its gradient with respect to the logits is p
 * - q, and w (onehot(x_t) - p) besides, where the true token is likelier than its label.
 *
 * @param labels whose beta and temperature make q
 * @param weight w of the ascent, greater than 0
 */
public record UndialAscent(Undial labels, double weight) implements PositionTerm {
  @Override
  public String name() {
    return "undial-ascent";
  }

  @Override
  public Set<FrozenModel> frozen() {
    return labels.frozen();
  }

  @Override
  public NDArray sum(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray logQNV = labels.loweredNV(positions).logSoftmax(-1);
    NDArray divergence = logQNV.exp().mul(logQNV.sub(logPNV)).sum();
    return divergence.add(aboveN1(positions, logPNV, logQNV).sum().mul(weight));
  }

  @Override
  public Optional<Slope> slope(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray logQNV = labels.loweredNV(positions).logSoftmax(-1);
    NDArray qNV = logQNV.exp();
    NDArray aboveN1 = aboveN1(positions, logPNV, logQNV);
    NDArray sum = logQNV.subi(logPNV).muli(qNV).sum().add(aboveN1.sum().mul(weight));
    NDArray pushN1 = aboveN1.gt(0).toType(aboveN1.getDataType(), false).mul(weight);
    // p - q + push (onehot - p), in place: p (1 - push) - q, and push at the true token
    NDArray gradientNV = logPNV.exp().muli(pushN1.neg().add(1)).subi(qNV);
    NDArray truthN1 = positions.truthN1(gradientNV).add(pushN1);
    return Optional.of(new Slope(sum, positions.withTruth(gradientNV, truthN1)));
  }

  /** By how much the true token is likelier than its label, nats; 0 where it is not: N x 1. */
  private static NDArray aboveN1(Positions positions, NDArray logPNV, NDArray logQNV) {
    return Activation.relu(positions.truthN1(logPNV).sub(positions.truthN1(logQNV)));
  }
}
