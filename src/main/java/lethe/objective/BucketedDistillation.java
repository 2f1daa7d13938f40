package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import java.util.Optional;

/**
 * Learn labels that were made once, of which the true token and k others are told apart and all the
 * rest is one bucket R.
 *
 * <pre>
 *   L = (1/n) sum_t ( sum_{v not in R_t} q_t(v) log(q_t(v) / p_t(v)) + r_t log(r_t / p_t(R_t)) )
 *   r_t = 1 - sum_{v not in R_t} q_t(v),   p_t(R) = sum_{v in R} p_t(v)
 * </pre>
 *
 * Kullback and Leibler's divergence of the two distributions over k + 2 outcomes; by the chain rule
 * ("On Information and Sufficiency", 1951) it is less than that over all tokens by
 *
 * <pre>  (1/n) sum_t r_t KL(q_t(. | R), p_t(. | R))  </pre>
 *
 * which {@link CutError} measures where the labels are made. Within R the model keeps its own
 * proportions: the gradient with respect to the logits is p - q', q' being q outside of R and r_t
 * p_t(v) / p_t(R) within. With nothing in R it is {@link Distillation}; no frozen model takes part.
 *
 * <p>As in {@link UndialAscent}, the true token may be pushed up to the loss that it has in the
 * labels besides: w max(0, log p_t(x_t) - log q_t(x_t)) at each position.
 *
 * @param ascent weight w of that push, at least 0
 */
public record BucketedDistillation(double ascent) implements PositionTerm {
  /** The least number whose logarithm is taken, for probabilities that are 0. */
  private static final double LEAST = 1e-37;

  private static final int[] LAST = {-1};

  @Override
  public String name() {
    return "stored-labels";
  }

  @Override
  public ViewKind view() {
    return ViewKind.STORED_LABELS;
  }

  @Override
  public NDArray sum(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray divergence =
        divergence(positions, logPNV, Positions.logSumN1(restOf(positions, logPNV)));
    return ascent == 0 ? divergence : divergence.add(aboveN1(positions, logPNV).sum().mul(ascent));
  }

  /**
   * The gradient, with as few arrays of the vocabulary's size as there can be: exp of the bucket's
   * log-probabilities gives both their sum and the model's own proportions.
   */
  @Override
  public Optional<Slope> slope(Positions positions) {
    StoredLabels labels = positions.stored();
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray restNV = restOf(positions, logPNV);
    NDArray mostN1 = restNV.max(LAST, true);
    NDArray proportionsNV = restNV.subi(mostN1).exp();
    NDArray sumN1 = proportionsNV.sum(LAST, true);
    NDArray sum = divergence(positions, logPNV, sumN1.log().add(mostN1));
    NDArray truthN1 = typed(labels.truthN1(), logPNV);
    NDArray massN1 = massN1(labels, logPNV);
    if (ascent > 0) { // w (onehot - p) where the true token is likelier than its label
      NDArray aboveN1 = aboveN1(positions, logPNV);
      NDArray pushN1 = aboveN1.gt(0).toType(logPNV.getDataType(), false).mul(ascent);
      sum = sum.add(aboveN1.sum().mul(ascent));
      truthN1 = truthN1.sub(pushN1);
      massN1 = massN1.sub(pushN1);
    }
    NDArray likelyNK = typed(labels.probabilitiesNK(), logPNV);
    NDArray qNV =
        proportionsNV
            .muli(typed(labels.restN1(), logPNV).div(sumN1))
            .scatter(toldNK(positions), truthN1.concat(likelyNK, 1), 1);
    return Optional.of(new Slope(sum, logPNV.exp().muli(massN1).subi(qNV)));
  }

  /** By how much the true token is likelier than its label, nats; 0 where it is not: N x 1. */
  private static NDArray aboveN1(Positions positions, NDArray logPNV) {
    NDArray truthN1 = typed(positions.stored().truthN1(), logPNV).maximum(LEAST).log();
    return Activation.relu(positions.truthN1(logPNV).sub(truthN1));
  }

  /** What the labels of a position add to: 1 but for the rounding with which they were kept. */
  private static NDArray massN1(StoredLabels labels, NDArray like) {
    NDArray likelyN1 = typed(labels.probabilitiesNK(), like).sum(LAST, true);
    return likelyN1.addi(typed(labels.truthN1(), like)).addi(typed(labels.restN1(), like));
  }

  /** Log-probabilities of the bucket's tokens; those of all others are as good as 0. */
  static NDArray restOf(Positions positions, NDArray logPNV) {
    NDArray toldNK = toldNK(positions);
    NDArray nothingNK = logPNV.gather(toldNK, 1).zerosLike().addi(LabelDistribution.NOTHING);
    return logPNV.scatter(toldNK, nothingNK, 1);
  }

  /** The tokens that are told apart: the true one, then the others. */
  private static NDArray toldNK(Positions positions) {
    return positions.labelsN().expandDims(1).concat(positions.stored().idsNK(), 1);
  }

  private static NDArray divergence(Positions positions, NDArray logPNV, NDArray logRestN1) {
    StoredLabels labels = positions.stored();
    return weighed(labels.truthN1(), positions.truthN1(logPNV))
        .add(weighed(labels.probabilitiesNK(), logPNV.gather(labels.idsNK(), 1)))
        .add(weighed(labels.restN1(), logRestN1));
  }

  /** The sum of q (log q - log p). */
  private static NDArray weighed(NDArray stored, NDArray logP) {
    NDArray q = typed(stored, logP);
    return q.mul(q.maximum(LEAST).log().sub(logP)).sum();
  }

  static NDArray typed(NDArray stored, NDArray like) {
    return stored.toType(like.getDataType(), false);
  }
}
