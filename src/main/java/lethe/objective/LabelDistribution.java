package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.io.Serializable;
import java.util.Set;

/** What should be predicted at each position instead of the forget text's token. */
public sealed interface LabelDistribution extends Serializable
    permits CalibratedPredictions, GenericPredictions, TruncatedPredictions {
  /** Used as the logarithm of 0; finite, so that 0 times it is 0. */
  double NOTHING = -1e30;

  /** The name of a term with it. */
  String name();

  /** The models it is made from. */
  Set<FrozenModel> frozen();

  /**
   * Log-probabilities in nats, N x V, none below {@link #NOTHING} by more than rounding.
   *
   * @param positions whose own logits are not used
   */
  NDArray logProbabilitiesNV(Positions positions);
}
