package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * A term part of which, a weight or a label distribution, is taken from the trained model's own
 * prediction and held constant: no gradient flows through that part.
 */
interface HeldTerm extends PositionTerm {
  /**
   * The sum over positions, to be minimised.
   *
   * @param held the same positions; what is taken from them is constant
   * @return a scalar in nats, on the graph of the logits of {@code positions}
   */
  NDArray sum(Positions positions, Positions held);

  @Override
  default NDArray sum(Positions positions) {
    return sum(positions, positions.held());
  }
}
