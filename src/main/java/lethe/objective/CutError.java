package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What is lost of labels when all but k + 1 tokens become one bucket R: its mass, and by how much
 * the divergence of a model from them is understated.
 *
 * <pre>
 *   r_t = sum_{v in R_t} q_t(v)
 *   KL(q_t, p_t) - KL over buckets = r_t KL(q_t(. | R), p_t(. | R))
 *     = sum_{v in R} q(v) (log q(v) - log p(v)) - r (log r - log p(R))
 * </pre>
 *
 * The difference depends on the model p. Measured with the one that training begins with, it says
 * how much of what is to be learnt is not told; it is 0 where p agrees with q within R.
 *
 * @param positions counted
 * @param mass sum of r_t
 * @param mostMass largest r_t
 * @param error sum of the differences, nats
 * @param mostError largest of them, nats
 */
public record CutError(
    long positions, double mass, double mostMass, double error, double mostError) {
  /** Of no position. */
  public static final CutError NONE = new CutError(0, 0, 0, 0, 0);

  private static final double LEAST = 1e-37;
  private static final int[] LAST = {-1};

  /**
   * The difference at each position, nats, none below 0: N x 1.
   *
   * @param labelsNV q, probabilities
   * @param begun the same positions with the logits of p, and q cut
   */
  public static NDArray errorsN1(NDArray labelsNV, Positions begun) {
    StoredLabels cut = begun.stored();
    NDArray logPNV = begun.logitsNV().logSoftmax(-1);
    NDArray restNV =
        begun
            .withTruth(labelsNV, BucketedDistillation.typed(cut.truthN1(), labelsNV).zerosLike())
            .scatter(
                cut.idsNK(),
                BucketedDistillation.typed(cut.probabilitiesNK(), labelsNV).zerosLike(),
                1);
    NDArray logRestN1 = Positions.logSumN1(BucketedDistillation.restOf(begun, logPNV));
    NDArray wholeN1 = restNV.mul(restNV.maximum(LEAST).log().sub(logPNV)).sum(LAST, true);
    NDArray restN1 = BucketedDistillation.typed(cut.restN1(), labelsNV);
    return wholeN1.sub(restN1.mul(restN1.maximum(LEAST).log().sub(logRestN1))).maximum(0);
  }

  /**
   * Of one position.
   *
   * @param mass r
   * @param error nats
   */
  public static CutError of(double mass, double error) {
    return new CutError(1, mass, mass, error, error);
  }

  /** Of the positions of both. */
  public CutError and(CutError other) {
    return new CutError(
        positions + other.positions,
        mass + other.mass,
        Math.max(mostMass, other.mostMass),
        error + other.error,
        Math.max(mostError, other.mostError));
  }

  /** Of several, added in their order. */
  public static CutError of(List<CutError> parts) {
    return parts.stream().reduce(NONE, CutError::and);
  }

  /** Mean mass of the bucket. */
  public double meanMass() {
    return mass / Math.max(1, positions);
  }

  /** Mean of the differences, nats per position. */
  public double meanError() {
    return error / Math.max(1, positions);
  }
}
