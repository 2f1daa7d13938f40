package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A term of the hidden states that one layer puts out at the scored positions, which are those that
 * predict a label; its count is their number. The forward pass ends at that layer, and the layers
 * above it and the head have no gradient.
 */
public non-sealed interface HiddenTerm extends Term {
  /** The decoder layer, counted from 0. */
  int layer();

  @Override
  default List<ViewKind> views() {
    return List.of(ViewKind.TEXT);
  }

  /** The models whose hidden states are needed besides those of the trained model. */
  default Set<FrozenModel> frozen() {
    return Set.of();
  }

  /**
   * The sum over positions, to be minimised. Called without a graph.
   *
   * @param hiddenND float32, of the model that is trained
   * @param frozenND float32, of the models that {@link #frozen} names
   */
  Slope of(NDArray hiddenND, Map<FrozenModel, NDArray> frozenND);

  /**
   * @param sum a scalar
   * @param gradientND of the sum with respect to the hidden states
   */
  record Slope(NDArray sum, NDArray gradientND) {
    /** The mean over the width of the squared distance from a target, summed over positions. */
    static Slope ofDistance(NDArray hiddenND, NDArray targetND) {
      NDArray awayND = hiddenND.sub(targetND);
      int width = (int) awayND.getShape().get(1);
      return new Slope(awayND.square().sum().div(width), awayND.mul(2.0 / width));
    }
  }
}
