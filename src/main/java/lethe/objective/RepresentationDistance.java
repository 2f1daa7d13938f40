package lethe.objective;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.Set;

/**
 * Keep the hidden states of a layer: squared distance from those of the reference model.
 *
 * <pre>  L = (1/n) sum_t |h_t - h_ref,t|^2 / D  </pre>
 *
 * The retain term of Li et al., arXiv:2403.03218 (RMU), beside {@link Misdirection}, which says
 * what it does not share with the papers' code. 0 while the layers up to this one agree. It keeps
 * what the layers above see, so it says nothing of changes made to those.
 *
 * @param layer counted from 0
 */
public record RepresentationDistance(int layer) implements HiddenTerm {
  @Override
  public String name() {
    return "rmu";
  }

  @Override
  public Set<FrozenModel> frozen() {
    return Set.of(FrozenModel.REFERENCE);
  }

  @Override
  public Slope of(NDArray hiddenND, Map<FrozenModel, NDArray> frozenND) {
    return Slope.ofDistance(hiddenND, frozenND.get(FrozenModel.REFERENCE));
  }
}
