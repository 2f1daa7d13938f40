package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Gradient descent on the labels, the ordinary training loss: on retain text it keeps, on other
 * labels than the text's own it rewrites.
 *
 * <pre>  L = (1/n) sum_t -log p(y_t | x_&lt;t)  </pre>
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
