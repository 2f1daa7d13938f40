package lethe.objective;

import ai.djl.ndarray.NDArray;

/** A term that is a sum over scored positions; its count is their number. */
public non-sealed interface PositionTerm extends Term {
  /**
   * The sum over some positions, to be minimised.
   *
   * @return a scalar in nats that the logits' graph reaches
   */
  NDArray sum(Positions positions);
}
