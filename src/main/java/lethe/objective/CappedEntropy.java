package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * Maximum entropy that stops for each position at a target, and for a whole sequence when its mean
 * reaches it, so that the model ends as uncertain as one that never saw the text, not uniform.
 *
 * <pre>  L = (1/n) sum_t max(0, min(cap, log V) - H(P_t))  </pre>
 *
 * with no gradient from a sequence whose mean entropy is cap or more. Our own. Entropy is the loss
 * the model itself expects, so a target loss is a target entropy. With a cap of log V or more it is
 * {@link MaxEntropy} from model to uniform.
 *
 * @param capNats target entropy of a prediction, greater than 0
 */
public record CappedEntropy(double capNats) implements PositionTerm {
  @Override
  public String name() {
    return "capped-entropy";
  }

  @Override
  public ViewKind view() {
    return ViewKind.WHOLE;
  }

  @Override
  public Optional<SequenceCap> sequenceCap() {
    return Optional.of(new SequenceCap(capNats, Positions::entropyN));
  }

  @Override
  public NDArray sum(Positions positions) {
    double cap = Math.min(capNats, positions.uniformEntropy());
    return positions.entropyN().neg().add(cap).maximum(0.0).sum();
  }
}
