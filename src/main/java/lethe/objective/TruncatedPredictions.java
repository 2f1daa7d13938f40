package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.Set;

/**
 * The reference's prediction, cut to its likeliest tokens, with or without the true one: what
 * adversarial and sampled labels are drawn from.
 *
 * <pre>
 *   1. without the truth: z(x_t) = nothing
 *   2. top-k: drop what is below the k-th largest logit
 *   3. top-p: drop what comes after the first tokens that together have more than p
 *   q = softmax of what is left
 * </pre>
 *
 * Yao et al., arXiv:2402.15159. Tokens that tie with the last one kept are kept. With k = 1 and
 * without the truth all weight is on the adversarial label; with everything kept it is the
 * reference's own prediction.
 *
 * @param topK tokens kept, at least 1; more than the vocabulary keeps all
 * @param topP share of the probability kept, greater than 0, at most 1
 * @param truth whether the true token may be predicted
 */
public record TruncatedPredictions(int topK, double topP, Truth truth)
    implements LabelDistribution {
  /** What becomes of the true token. */
  public enum Truth {
    REMOVED,
    KEPT
  }

  @Override
  public String name() {
    return "soft-labels";
  }

  @Override
  public Set<FrozenModel> frozen() {
    return Set.of(FrozenModel.REFERENCE);
  }

  @Override
  public NDArray logProbabilitiesNV(Positions positions) {
    NDArray logitsNV = positions.frozenNV().get(FrozenModel.REFERENCE);
    int vocabulary = (int) logitsNV.getShape().get(1);
    if (truth == Truth.REMOVED) {
      NDArray trueNV = positions.labelsN().oneHot(vocabulary, logitsNV.getDataType());
      logitsNV = logitsNV.add(trueNV.mul(NOTHING));
    }
    if (topK < vocabulary) {
      NDArray largestNK = logitsNV.topK(topK, -1, true, true).get(0);
      logitsNV = without(logitsNV, logitsNV.lt(largestNK.get(new NDIndex(":, {}:", topK - 1))));
    }
    if (topP < 1) {
      logitsNV = without(logitsNV, logitsNV.lt(leastOfNucleusN1(logitsNV)));
    }
    return logitsNV.logSoftmax(-1);
  }

  /** The smallest logit among the first tokens that together have more than p. */
  private NDArray leastOfNucleusN1(NDArray logitsNV) {
    NDArray fallingNV = logitsNV.neg().sort(-1).neg();
    NDArray probabilityNV = fallingNV.softmax(-1);
    NDArray beforeNV = probabilityNV.cumSum(-1).sub(probabilityNV);
    NDArray lastN1 = beforeNV.lte(topP).toType(DataType.INT64, false).sum(new int[] {-1}, true);
    return fallingNV.gather(lastN1.sub(1), 1);
  }

  private static NDArray without(NDArray logitsNV, NDArray droppedNV) {
    return logitsNV.add(droppedNV.toType(logitsNV.getDataType(), false).mul(NOTHING));
  }
}
