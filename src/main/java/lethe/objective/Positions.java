package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Some scored positions.
 *
 * @param logitsNV float32, of the model that is trained
 * @param labelsN int64, the token each position should predict
 * @param referenceNV float32 logits of the reference model, or null when the term needs none
 */
public record Positions(NDArray logitsNV, NDArray labelsN, NDArray referenceNV) {

  /** Negative log-likelihood of each label, in nats: N. */
  public NDArray nllN() {
    NDArray logProbabilitiesNV = logitsNV.logSoftmax(-1);
    return logProbabilitiesNV.gather(labelsN.expandDims(1), 1).squeeze(1).neg();
  }
}
