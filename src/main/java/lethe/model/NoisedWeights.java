package lethe.model;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.random.NormalNumbers;

/**
 * The weights of a model that has half forgotten everything: matrices shrunk, and noise of their
 * own size added; norms and biases as they are.
 *
 * <pre>  W' = (1 - a) W + a s N,   s^2 = sum (W_ij - mean W)^2 / (n - 1),   N standard normal
 * </pre>
 *
 * or, with nothing shrunk, W + a s N: a copy that still knows most, whose predictions are averaged
 * with those of other copies.
 *
 * <p>What is known by heart hangs on exact weights and is lost first; skill comes back when the
 * model is trained towards its former predictions on other text. Ash and Adams, "On Warm-Starting
 * Neural Network Training", arXiv:1910.08475 (shrink and perturb); Lee et al., "Distillation
 * Robustifies Unlearning", arXiv:2506.06278, noise a student's weights for the same reason. N is a
 * function of the seed, the tensor's name and the element's position alone.
 */
final class NoisedWeights implements TensorSource {
  private static final int PIECE = 1 << 16;

  private final TensorSource weights;
  private final Map<String, NamedShape> tensors = new HashMap<>();
  private final double kept;
  private final double share;
  private final long seed;
  private final Map<String, Double> deviations = new ConcurrentHashMap<>();

  /**
   * @param tensors of the network
   * @param share a of noise, from 0 to 1
   */
  NoisedWeights(TensorSource weights, List<NamedShape> tensors, double share, long seed) {
    this(weights, tensors, 1 - share, share, seed);
  }

  /**
   * @param tensors of the network
   * @param kept factor of the matrices
   * @param share a of noise, at least 0
   */
  NoisedWeights(
      TensorSource weights, List<NamedShape> tensors, double kept, double share, long seed) {
    this.weights = weights;
    tensors.forEach(tensor -> this.tensors.put(tensor.name(), tensor));
    this.kept = kept;
    this.share = share;
    this.seed = seed;
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    weights.read(name, fromElement, to, offset, count);
    NamedShape tensor = tensors.get(name);
    if (tensor.shape().size() < 2) {
      return;
    }
    double deviation = deviations.computeIfAbsent(name, n -> deviation(tensor));
    NormalNumbers noise = new NormalNumbers(seed, name);
    for (int i = offset; i < offset + count; i++) {
      double normal = noise.at(fromElement + i - offset);
      to[i] = (float) (kept * to[i] + share * deviation * normal);
    }
  }

  /** Standard deviation of a tensor's elements. */
  private double deviation(NamedShape tensor) {
    double mean = sum(tensor, 0, 1) / tensor.elements();
    return StrictMath.sqrt(sum(tensor, mean, 2) / Math.max(1, tensor.elements() - 1));
  }

  /** The sum of (w - center)^power, for a power of 1 or 2. */
  private double sum(NamedShape tensor, double center, int power) {
    float[] piece = new float[PIECE];
    double sum = 0;
    for (long from = 0; from < tensor.elements(); from += PIECE) {
      int count = (int) Math.min(PIECE, tensor.elements() - from);
      weights.read(tensor.name(), from, piece, 0, count);
      for (int i = 0; i < count; i++) {
        double away = piece[i] - center;
        sum += power == 1 ? away : away * away;
      }
    }
    return sum;
  }
}
