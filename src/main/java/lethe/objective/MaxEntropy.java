package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Maximum entropy: predict nothing in particular at any position of the forget text, questions
 * included.
 *
 * <pre>
 *   model to uniform:  L = (1/n) sum_t KL(P_t, U) = (1/n) sum_t (log V - H(P_t))
 *   uniform to model:  L = (1/n) sum_t KL(U, P_t) = (1/n) sum_t (-log V - (1/V) sum_v log p_t(v))
 * </pre>
 *
 * Yuan et al., "A Closer Look at Machine Unlearning for Large Language Models", arXiv:2410.08109.
 * The paper prints the first, which is at most log V and leaves a certain prediction unchanged (its
 * gradient is 0 at a one-hot prediction); its code has the second, which is unbounded and has
 * gradient (P - U) / n, and averages over padding too. Both are 0 at the uniform prediction.
 *
 * @param direction of the divergence
 * @param view {@link ViewKind#WHOLE}, or {@link ViewKind#PADDED} to compare with that code
 */
public record MaxEntropy(Direction direction, ViewKind view) implements PositionTerm {
  /** Which distribution the divergence is taken from. */
  public enum Direction {
    MODEL_TO_UNIFORM,
    UNIFORM_TO_MODEL
  }

  /** The term over the text without padding. */
  public MaxEntropy(Direction direction) {
    this(direction, ViewKind.WHOLE);
  }

  @Override
  public String name() {
    return (direction == Direction.MODEL_TO_UNIFORM ? "max-entropy" : "max-entropy-reverse")
        + (view == ViewKind.PADDED ? "-padded" : "");
  }

  @Override
  public NDArray sum(Positions positions) {
    NDArray distanceN =
        direction == Direction.MODEL_TO_UNIFORM
            ? positions.entropyN().neg().add(positions.uniformEntropy())
            : positions
                .logitsNV()
                .logSoftmax(-1)
                .mean(new int[] {-1})
                .add(positions.uniformEntropy())
                .neg();
    return distanceN.sum();
  }
}
