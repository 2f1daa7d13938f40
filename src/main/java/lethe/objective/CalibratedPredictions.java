package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import java.util.Set;

/**
 * What a model that never saw the forget text might predict: the reference's prediction, flatter,
 * and with less for the true token.
 *
 * <pre>
 *   p0 = softmax(z_ref / T)
 *   q(x_t) = s p0(x_t),   q(v) = p0(v) (1 - s p0(x_t)) / (1 - p0(x_t)) for all others
 * </pre>
 *
 * Our own. The others keep their proportions. With T = 1 and s = 1 it is the reference's own
 * prediction; as s goes to 0 it becomes {@link TruncatedPredictions} without the truth. Unlike
 * lowering a logit by beta ({@link Undial}), which divides the odds of the true token by e^beta, it
 * multiplies the probability: a token that the reference is certain of ends at s, however certain
 * that is.
 *
 * <p>Computed in logarithms, log(1 - p0(x_t)) from the others' own sum: the difference from 1 is 0
 * in float32 where the reference is certain of the true token.
 *
 * @param factor s of the true token's probability, greater than 0, at most 1
 * @param temperature T of the reference's logits, greater than 0; above 1 it flattens
 */
public record CalibratedPredictions(double factor, double temperature)
    implements LabelDistribution {
  @Override
  public String name() {
    return "calibrated";
  }

  @Override
  public Set<FrozenModel> frozen() {
    return Set.of(FrozenModel.REFERENCE);
  }

  @Override
  public NDArray logProbabilitiesNV(Positions positions) {
    NDArray logitsNV = positions.frozenNV().get(FrozenModel.REFERENCE).div(temperature);
    NDArray logP0NV = logitsNV.logSoftmax(-1);
    NDArray truthN1 = positions.truthN1(logP0NV);
    NDArray restN1 = Positions.logSumN1(positions.withoutTruth(logP0NV)); // log(1 - p0(x_t))
    // 1 - s p0 = (1 - p0) + (1 - s) p0
    double lost = Math.max(NOTHING, Math.log1p(-factor));
    NDArray raisedN1 = logSumOf(restN1, truthN1.add(lost)).sub(restN1);
    return positions.withTruth(logP0NV.add(raisedN1), truthN1.add(Math.log(factor)));
  }

  /** Logarithm of the sum of two numbers, from their logarithms. */
  private static NDArray logSumOf(NDArray a, NDArray b) {
    NDArray larger = a.maximum(b);
    return larger.add(Activation.softPlus(a.sub(b).abs().neg()));
  }
}
