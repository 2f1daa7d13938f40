package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Set;

/**
 * What a model that never saw the forget text might predict: the reference's prediction, minus what
 * further training on the text makes likelier.
 *
 * <pre>  q = softmax(z - alpha relu(z_reinforced - z)),   z = logits of the reference  </pre>
 *
 * Eldan and Russinovich, "Who's Harry Potter?", arXiv:2310.02238, without its second half, the
 * replacement of names. With alpha 0, or a reinforced model that learnt nothing, it is the
 * reference's own prediction.
 *
 * @param alpha how much of the reinforcement is subtracted, at least 0
 */
record GenericPredictions(double alpha) implements LabelDistribution {
  @Override
  public String name() {
    return "generic-predictions";
  }

  @Override
  public Set<FrozenModel> frozen() {
    return Set.of(FrozenModel.REFERENCE, FrozenModel.REINFORCED);
  }

  @Override
  public NDArray logProbabilitiesNV(Positions positions) {
    NDArray referenceNV = positions.frozenNV().get(FrozenModel.REFERENCE);
    NDArray reinforcedNV = positions.frozenNV().get(FrozenModel.REINFORCED);
    NDArray raisedNV = reinforcedNV.sub(referenceNV).maximum(0.0);
    return referenceNV.sub(raisedNV.mul(alpha)).logSoftmax(-1);
  }
}
