package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Set;

/** A term that is a sum over scored positions of one view; its count is their number. */
public non-sealed interface PositionTerm extends Term {
  /** The view whose positions are scored. */
  default ViewKind view() {
    return ViewKind.TEXT;
  }

  @Override
  default List<ViewKind> views() {
    return List.of(view());
  }

  /** The models whose logits {@link #sum} needs beside those of the one that is trained. */
  default Set<FrozenModel> frozen() {
    return Set.of();
  }

  /**
   * The sum over some positions, to be minimised.
   *
   * @return a scalar in nats that the logits' graph reaches
   */
  NDArray sum(Positions positions);
}
