package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * Ascent that stops for each token at a target loss, and for a whole sequence when its mean reaches
 * it, so that neither is pushed past the loss of a model that never saw the text.
 *
 * <pre>  L = -(1/n) sum_t min(cap, -log p(x_t | x_&lt;t))  </pre>
 *
 * with no gradient from a sequence whose mean of -log p is cap or more: otherwise its remaining
 * tokens would push the others further, because they share weights. Nothing is pulled back: the
 * effect of other sequences on a sequence at its cap is not undone. Our own, within the unified
 * formulation of Yao et al., arXiv:2402.15159. Bounded below by -cap. As the cap grows it becomes
 * {@link GradientAscent}.
 *
 * @param capNats target loss of a token, greater than 0
 */
public record CappedAscent(double capNats) implements PositionTerm {
  @Override
  public String name() {
    return "capped-ascent";
  }

  @Override
  public Optional<SequenceCap> sequenceCap() {
    return Optional.of(new SequenceCap(capNats, Positions::nllN));
  }

  @Override
  public NDArray sum(Positions positions) {
    return positions.nllN().minimum(capNats).sum().neg();
  }
}
