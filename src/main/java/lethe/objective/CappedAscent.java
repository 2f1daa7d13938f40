package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Ascent that lets go of each token at a target loss, so that none is pushed past what a model that
 * never saw the text would show.
 *
 * <pre>  L = -(1/n) sum_t min(cap, -log p(x_t | x_&lt;t))  </pre>
 *
 * Our own, within the unified formulation of Yao et al., arXiv:2402.15159. Bounded below by -cap.
 * As the cap grows it becomes {@link GradientAscent}.
 *
 * @param capNats target loss of a token, greater than 0
 */
public record CappedAscent(double capNats) implements PositionTerm {
  @Override
  public String name() {
    return "capped-ascent";
  }

  @Override
  public NDArray sum(Positions positions) {
    return positions.nllN().minimum(capNats).sum().neg();
  }
}
