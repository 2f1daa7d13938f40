package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Optional;
import java.util.Set;

/**
 * Soft labels: draw the prediction at each position of the forget text towards a distribution.
 *
 * <pre>  L = (1/n) sum_t sum_v q_t(v) (log q_t(v) - log p_t(v))  </pre>
 *
 * The unified formulation of Yao et al., arXiv:2402.15159, with the expectation over labels instead
 * of one draw; their code does not implement it. Its gradient is that of {@link CrossEntropy} on
 * labels drawn from q, averaged over draws; towards the reference's whole prediction it is {@link
 * KullbackLeibler}.
 *
 * @param labels the distribution q
 */
public record Distillation(LabelDistribution labels) implements PositionTerm {
  @Override
  public String name() {
    return labels.name();
  }

  @Override
  public Set<FrozenModel> frozen() {
    return labels.frozen();
  }

  @Override
  public NDArray sum(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray logQNV = labels.logProbabilitiesNV(positions);
    return logQNV.exp().mul(logQNV.sub(logPNV)).sum();
  }

  /** Its gradient with respect to the logits is p - q. */
  @Override
  public Optional<Slope> slope(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray awayNV = labels.logProbabilitiesNV(positions);
    NDArray qNV = awayNV.exp();
    NDArray sum = awayNV.subi(logPNV).muli(qNV).sum();
    return Optional.of(new Slope(sum, logPNV.exp().subi(qNV)));
  }
}
