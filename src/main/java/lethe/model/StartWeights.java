package lethe.model;

import java.io.Serializable;
import lethe.model.checkpoint.TensorSource;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The weights that a training begins with, in a form that can be sent to other processes: those of
 * a model, the same with noise, or random ones for its network.
 *
 * @param model whose weights they are, or whose network they are for
 * @param random whether they are random
 * @param deviation standard deviation of random matrices
 * @param noise share of noise in a model's matrices, see {@link NoisedWeights}; 0 for none
 * @param seed of what is random
 */
public record StartWeights(
    ModelSource model, boolean random, double deviation, double noise, long seed)
    implements Serializable {
  /** The weights of a model. */
  public static StartWeights of(ModelSource model) {
    return new StartWeights(model, false, 0, 0, 0);
  }

  /**
   * The weights of a model, with noise in the matrices that are trained.
   *
   * @param noise its share, from 0 to 1
   */
  public static StartWeights noised(ModelSource model, double noise, long seed) {
    return noise == 0 ? of(model) : new StartWeights(model, false, 0, noise, seed);
  }

  /** Random weights for the network of a model. */
  public static StartWeights random(ModelSource model, double deviation, long seed) {
    return new StartWeights(model, true, deviation, 0, seed);
  }

  /** The weights of tensors that are trained, under the names of the network's. */
  public TensorSource tensors() {
    return noise > 0
        ? new NoisedWeights(model.weights(), model.architecture().tensors(), noise, seed)
        : untrained();
  }

  /** The weights of tensors that are not trained: without noise. */
  public TensorSource untrained() {
    return random ? new InitialWeights(model.architecture(), deviation, seed) : model.weights();
  }

  /** Whether they are the weights of a model as they are. */
  public boolean asTheyAre() {
    return !random && noise == 0;
  }

  /**
   * Distinguishes these weights from others; noise, which the trained ones alone have, does not
   * count.
   *
   * @throws lethe.settings.InvalidSettings when Lethe wrote the model and its files are not as they
   *     were then
   */
  public String fingerprint() {
    return random
        ? "random, %s, seed %d, config.json %s"
            .formatted(deviation, seed, DigestUtils.sha256Hex(model.open().config().toString()))
        : ModelFingerprint.of(model);
  }
}
