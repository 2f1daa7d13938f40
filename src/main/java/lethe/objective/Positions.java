package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * Some scored positions.
 *
 * @param logitsNV float32, of the model that is trained
 * @param labelsN int64, the token each position should predict
 * @param frozenNV float32 logits of the models that the term names in {@link PositionTerm#frozen}
 */
public record Positions(NDArray logitsNV, NDArray labelsN, Map<FrozenModel, NDArray> frozenNV) {

  /** Positions for a term that needs no other model. */
  public Positions(NDArray logitsNV, NDArray labelsN) {
    this(logitsNV, labelsN, Map.of());
  }

  /** The same positions, with logits that have no gradient. */
  Positions held() {
    return new Positions(logitsNV.stopGradient(), labelsN, frozenNV);
  }

  /** Negative log-likelihood of each label, in nats: N. */
  public NDArray nllN() {
    NDArray logProbabilitiesNV = logitsNV.logSoftmax(-1);
    return logProbabilitiesNV.gather(labelsN.expandDims(1), 1).squeeze(1).neg();
  }

  /** 1 at the label of each position, else 0: N x V, of the logits' type. */
  NDArray trueNV() {
    int vocabulary = (int) logitsNV.getShape().get(1);
    return labelsN.oneHot(vocabulary, logitsNV.getDataType());
  }

  /** Entropy of the model's prediction at each position, in nats: N. */
  NDArray entropyN() {
    NDArray logPNV = logitsNV.logSoftmax(-1);
    return logPNV.exp().mul(logPNV).sum(new int[] {-1}).neg();
  }

  /** Most entropy a prediction can have, that of the uniform one: log V nats. */
  double uniformEntropy() {
    return Math.log((double) logitsNV.getShape().get(1));
  }
}
