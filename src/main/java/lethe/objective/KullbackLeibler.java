package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Optional;
import java.util.Set;

/**
 * Keep the whole prediction, not only the label: divergence of the model from the reference model.
 *
 * <pre>  L = (1/n) sum_t sum_v p_ref(v) (log p_ref(v) - log p(v))  </pre>
 *
 * Yao et al., arXiv:2402.15159, and Yuan et al., arXiv:2410.08109, whose code averages over padding
 * too (the first the cross-entropy, which differs by a constant); here only scored positions count
 * and the value is 0 when the models agree. Where the reference is certain of the labels it is
 * {@link Descent}.
 *
 * @param view {@link ViewKind#TEXT}, or {@link ViewKind#PADDED} to compare with their code
 */
public record KullbackLeibler(ViewKind view) implements PositionTerm {
  /** The divergence over the scored text alone. */
  public KullbackLeibler() {
    this(ViewKind.TEXT);
  }

  @Override
  public String name() {
    return view == ViewKind.PADDED ? "kl-padded" : "kl";
  }

  @Override
  public Set<FrozenModel> frozen() {
    return Set.of(FrozenModel.REFERENCE);
  }

  @Override
  public NDArray sum(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray logReferenceNV = positions.frozenNV().get(FrozenModel.REFERENCE).logSoftmax(-1);
    return logReferenceNV.exp().mul(logReferenceNV.sub(logPNV)).sum();
  }

  /** Its gradient with respect to the logits is p - p_ref. */
  @Override
  public Optional<Slope> slope(Positions positions) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray awayNV = positions.frozenNV().get(FrozenModel.REFERENCE).logSoftmax(-1);
    NDArray referenceNV = awayNV.exp();
    NDArray sum = awayNV.subi(logPNV).muli(referenceNV).sum();
    return Optional.of(new Slope(sum, logPNV.exp().subi(referenceNV)));
  }
}
