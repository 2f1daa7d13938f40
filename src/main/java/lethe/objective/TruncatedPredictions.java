package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
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
  /**
   * Most additional tokens that may tie with the last one kept, when tokens are drawn from the
   * likeliest.
   */
  private static final int TIES = 14;

  /** Whether the true token is kept. */
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
    return cutNV(withoutTruthNV(logitsNV, positions.labelsN()));
  }

  /**
   * Draws a token at each position by inverting the cumulative distribution: the first token at
   * which the cumulated probability exceeds the uniform number times the total. Tokens are in
   * falling order of likelihood, or, if top-k cuts nothing, in the order of the vocabulary.
   *
   * @param logitsNV of the reference
   * @param labelsN the true tokens
   * @param uniformN1 in [0, 1)
   * @return N tokens
   */
  public NDArray drawN(NDArray logitsNV, NDArray labelsN, NDArray uniformN1) {
    long vocabulary = logitsNV.getShape().get(1);
    if (topK >= vocabulary) {
      NDArray possibleNV = withoutTruthNV(logitsNV, labelsN);
      return choiceN1(cutNV(possibleNV).exp(), uniformN1).squeeze(1);
    }
    int ranks = (int) Math.min(vocabulary, (long) topK + 1 + TIES); // 1: the truth
    NDList likeliest = logitsNV.topK(ranks, -1, true, true); // the rest of the vocabulary is cut
    NDArray possibleNR = likeliest.get(0);
    NDArray tokensNR = likeliest.get(1);
    if (truth == Truth.REMOVED) {
      possibleNR = without(possibleNR, tokensNR.eq(labelsN.expandDims(1)));
    }
    return tokensNR.gather(choiceN1(cutNV(possibleNR).exp(), uniformN1), 1).squeeze(1);
  }

  private static NDArray choiceN1(NDArray probabilityNV, NDArray uniformN1) {
    NDArray sumNV = probabilityNV.cumSum(-1);
    NDArray allN1 = sumNV.get(new NDIndex(":, -1:"));
    NDArray belowN1 = countN1(sumNV.lte(allN1.mul(uniformN1)));
    NDArray lastN1 = countN1(sumNV.lt(allN1)); // where rounding raises a share to the whole
    return belowN1.minimum(lastN1);
  }

  private NDArray withoutTruthNV(NDArray logitsNV, NDArray labelsN) {
    if (truth == Truth.KEPT) {
      return logitsNV;
    }
    int vocabulary = (int) logitsNV.getShape().get(1);
    NDArray trueNV = labelsN.oneHot(vocabulary, logitsNV.getDataType());
    return logitsNV.add(trueNV.mul(NOTHING));
  }

  /**
   * Log-probabilities after the cut, for any selection of tokens that contains all that may remain.
   */
  private NDArray cutNV(NDArray logitsNV) {
    if (topK < logitsNV.getShape().get(1)) {
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
    NDArray lastN1 = countN1(beforeNV.lte(topP));
    return fallingNV.gather(lastN1.sub(1), 1);
  }

  private static NDArray countN1(NDArray isNV) {
    return isNV.toType(DataType.INT64, false).sum(new int[] {-1}, true);
  }

  private static NDArray without(NDArray logitsNV, NDArray droppedNV) {
    return logitsNV.add(droppedNV.toType(logitsNV.getDataType(), false).mul(NOTHING));
  }
}
