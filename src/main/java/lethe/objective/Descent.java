package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Gradient descent on a text's own tokens, the ordinary training loss: it preserves the retained
 * text.
 *
 * <pre>  L = (1/n) sum_t -log p(x_t | x_&lt;t)  </pre>
 */
public record Descent() implements PositionTerm {
  @Override
  public String name() {
    return "descent";
  }

  @Override
  public NDArray sum(Positions positions) {
    return positions.nllN().sum();
  }
}
