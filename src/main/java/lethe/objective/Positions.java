package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * Some scored positions.
 *
 * @param logitsNV float32, of the model that is trained
 * @param labelsN int64, the token each position should predict
 * @param frozenNV float32 logits of the models that the term names in {@link PositionTerm#frozen}
 * @param stored labels that were made before training; null unless the view is {@link
 *     ViewKind#STORED_LABELS}
 */
public record Positions(
    NDArray logitsNV, NDArray labelsN, Map<FrozenModel, NDArray> frozenNV, StoredLabels stored) {
  private static final int[] VOCABULARY = {-1};

  /** Positions for a term that needs no labels made before. */
  public Positions(NDArray logitsNV, NDArray labelsN, Map<FrozenModel, NDArray> frozenNV) {
    this(logitsNV, labelsN, frozenNV, null);
  }

  /** Positions for a term that needs no other model. */
  public Positions(NDArray logitsNV, NDArray labelsN) {
    this(logitsNV, labelsN, Map.of());
  }

  /** The same positions, with logits that have no gradient. */
  Positions held() {
    return new Positions(logitsNV.stopGradient(), labelsN, frozenNV, stored);
  }

  /** Negative log-likelihood of each label, in nats: N. */
  public NDArray nllN() {
    return truthN1(logitsNV.logSoftmax(-1)).squeeze(1).neg();
  }

  /** The values of each position at its label: N x V in, N x 1 out. */
  NDArray truthN1(NDArray valuesNV) {
    return valuesNV.gather(labelsN.expandDims(1), 1);
  }

  /** The values with others at the labels, N x V. */
  NDArray withTruth(NDArray valuesNV, NDArray truthN1) {
    return valuesNV.scatter(labelsN.expandDims(1), truthN1, 1);
  }

  /** Log-probabilities or logits without the labels: there they are as good as minus infinity. */
  NDArray withoutTruth(NDArray valuesNV) {
    return withTruth(valuesNV, truthN1(valuesNV).zerosLike().add(LabelDistribution.NOTHING));
  }

  /** Logarithm of the sum of each row, from logarithms: N x V in, N x 1 out. */
  static NDArray logSumN1(NDArray logNV) {
    NDArray mostN1 = logNV.max(VOCABULARY, true);
    return logNV.sub(mostN1).exp().sum(VOCABULARY, true).log().add(mostN1);
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
