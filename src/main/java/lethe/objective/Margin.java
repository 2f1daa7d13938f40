package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Optional;

/**
 * Margin: lower the true token's logit until it leads the likeliest others no more.
 *
 * <pre>
 *   m_t = z_t(x_t) - mean of the k largest other logits
 *   L   = (1/n) sum_t max(0, m_t - tau)
 * </pre>
 *
 * with no gradient from a sequence of which the share rho of positions has m_t at most tau. A
 * reconstruction of margin self-correction, Di Gennaro et al., "Fast Unlearning at Scale via Margin
 * Self-Correction", arXiv:2606.02920, from its description: its exact loss is not known to us.
 * There training as a whole ends when the gap is small on average over a large enough share of
 * positions of all texts; here each text ends by itself, and training at its target or after its
 * last step.
 *
 * <p>A position has the gradient 1 at the true token and -1/k at its k rivals while m_t is above
 * tau, however likely the token is, and none after: it stops by itself. The shares of the tokens
 * that are no rivals do not count, so a position that stopped may still have a low loss.
 *
 * @param k number of rivals, from 1 to the vocabulary less one
 * @param tau lead that is left to the true token, nats; negative puts it behind
 * @param rho share of a sequence's positions, greater than 0, at most 1
 */
public record Margin(int k, double tau, double rho) implements PositionTerm {
  @Override
  public String name() {
    return "margin";
  }

  /** None where all positions must have stopped: they have no gradient then anyway. */
  @Override
  public Optional<SequenceCap> sequenceCap() {
    return rho < 1
        ? Optional.of(
            new SequenceCap(
                rho, positions -> leadN(positions).lte(tau).toType(DataType.FLOAT32, false)))
        : Optional.empty();
  }

  @Override
  public NDArray sum(Positions positions) {
    return leadN(positions).sub(tau).maximum(0.0).sum();
  }

  /** m_t, nats. */
  private NDArray leadN(Positions positions) {
    NDArray logitsNV = positions.logitsNV();
    NDArray rivalsNK = positions.withoutTruth(logitsNV).topK(k, -1, true, true).get(0);
    return positions.truthN1(logitsNV).squeeze(1).sub(rivalsNK.mean(new int[] {-1}));
  }
}
