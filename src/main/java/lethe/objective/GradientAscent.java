package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Gradient ascent: make the forget text unlikely.
 *
 * <pre>  L = (1/n) sum_t log p(y_t | x_&lt;t)  </pre>
 *
 * Yao et al., "Machine Unlearning of Pre-trained Large Language Models", arXiv:2402.15159.
 * Unbounded below: pushed far, it ruins the model. It is {@link Descent} with the sign reversed.
 */
public record GradientAscent() implements PositionTerm {
  @Override
  public String name() {
    return "ascent";
  }

  @Override
  public NDArray sum(Positions positions) {
    return positions.nllN().sum().neg();
  }
}
