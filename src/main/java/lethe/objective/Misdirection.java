package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.io.Serializable;
import java.util.Map;
import lethe.random.SplitMix64;

/**
 * Representation misdirection on the forget text: draw the hidden states of a layer to one fixed
 * direction.
 *
 * <pre>
 *   L = (1/n) sum_t |h_t - c u|^2 / D,   u = r / |r|,   r of D numbers uniform in [0, 1)
 * </pre>
 *
 * The forget term of Li et al., "The WMDP Benchmark: Measuring and Reducing Malicious Use with
 * Unlearning", arXiv:2403.03218 (RMU). It ends at c u, which the layers above, trained on other
 * hidden states, turn into nonsense. Its retain term is {@link RepresentationDistance}.
 *
 * <p>h_t is taken where x_t is predicted, as the logits of other terms are. The papers' codes take
 * the answer's own positions, one to the right. They also divide the sum of each text by the number
 * of positions of every text in turn: the mean of all pairs of the two, right only where all texts
 * are as long. WMDP trains three matrices alone, here {@code train.freeze} says so.
 *
 * @param layer counted from 0
 * @param scale c
 * @param direction u
 */
public record Misdirection(int layer, double scale, Direction direction) implements HiddenTerm {
  /** A direction in a space of any width. */
  public interface Direction extends Serializable {
    /** Of length 1. */
    float[] of(int width);
  }

  /**
   * All coordinates positive, drawn once.
   *
   * @param seed of the draw
   */
  public record Drawn(long seed) implements Direction {
    @Override
    public float[] of(int width) {
      double[] drawn = new double[width];
      double squares = 0;
      for (int i = 0; i < width; i++) {
        drawn[i] = (SplitMix64.mix(seed + (i + 1) * SplitMix64.GAMMA) >>> 11) * 0x1.0p-53;
        squares += drawn[i] * drawn[i];
      }
      float[] direction = new float[width];
      for (int i = 0; i < width; i++) {
        direction[i] = (float) (drawn[i] / Math.sqrt(squares));
      }
      return direction;
    }
  }

  @Override
  public String name() {
    return "rmu";
  }

  @Override
  public Slope of(NDArray hiddenND, Map<FrozenModel, NDArray> frozenND) {
    int width = (int) hiddenND.getShape().get(1);
    NDArray directionD = hiddenND.getManager().create(direction.of(width), new Shape(1, width));
    NDArray target1D = directionD.toType(hiddenND.getDataType(), false).mul(scale);
    return Slope.ofDistance(hiddenND, target1D);
  }
}
