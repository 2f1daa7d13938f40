package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

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

  /** The models whose logits {@link #sum} needs besides those of the trained model. */
  default Set<FrozenModel> frozen() {
    return Set.of();
  }

  /**
   * The sum over positions, to be minimised.
   *
   * @return a scalar in nats, on the logits' graph
   */
  NDArray sum(Positions positions);

  /**
   * The same sum with its gradient, for a term that knows it in closed form and in fewer passes
   * over the logits than a graph takes. Called without a graph.
   */
  default Optional<Slope> slope(Positions positions) {
    return Optional.empty();
  }

  /**
   * The cap of a term that stops training on whole sequences: on the mean of which value, and
   * where.
   */
  default Optional<SequenceCap> sequenceCap() {
    return Optional.empty();
  }

  /**
   * From where a sequence has no gradient any more, whatever its single positions would have.
   *
   * @param mean over the scored positions of the sequence, in the unit of the value
   * @param valueN of each position; called without a graph
   */
  record SequenceCap(double mean, Function<Positions, NDArray> valueN) {}

  /**
   * @param sum a scalar in nats
   * @param gradientNV of the sum with respect to the logits
   */
  record Slope(NDArray sum, NDArray gradientNV) {
    /** With its gradient multiplied in place. */
    public Slope times(NDArray factor) {
      gradientNV.muli(factor);
      return this;
    }
  }
}
