package lethe.model.adapter;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of an adapter: which matrices have one, and how it is scaled. A is rank x input and B
 * output x rank; the network computes with W + s B A.
 *
 * @param rank r, at least 1
 * @param alpha of the scale s, not 0
 * @param rankStabilized whether s is alpha / sqrt(r), which keeps the size of updates for large
 *     ranks (Kalajdzievski, arXiv:2312.03732), and not alpha / r
 * @param targets names of modules, or their last parts, as {@code q_proj}; {@link #ALL_LINEAR}
 *     alone is every matrix of the layers
 */
public record Adapter(int rank, double alpha, boolean rankStabilized, List<String> targets)
    implements Serializable {
  /** Every matrix of the layers; not the embedding and not the output matrix. */
  public static final String ALL_LINEAR = "all-linear";

  public Adapter {
    targets = new ArrayList<>(targets); // a plain list, which every serializer knows
  }

  /** s: what B A is multiplied by. */
  public double scale() {
    return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
  }

  /** Whether a target names a module: by its whole name, or by its last parts, as PEFT does. */
  static boolean names(String target, String module) {
    return target.equals(module) || module.endsWith("." + target);
  }
}
