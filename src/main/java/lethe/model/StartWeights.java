package lethe.model;

import java.io.Serializable;
import lethe.model.checkpoint.TensorSource;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The weights that a training begins with, in a form that can be sent to other processes: those of
 * a model, or random ones for its network.
 *
 * @param model whose weights they are, or whose network they are for
 * @param random whether they are random
 * @param deviation standard deviation of random matrices
 * @param seed of random ones
 */
public record StartWeights(ModelSource model, boolean random, double deviation, long seed)
    implements Serializable {
  /** The weights of a model. */
  public static StartWeights of(ModelSource model) {
    return new StartWeights(model, false, 0, 0);
  }

  /** Random weights for the network of a model. */
  public static StartWeights random(ModelSource model, double deviation, long seed) {
    return new StartWeights(model, true, deviation, seed);
  }

  /** The weights, under the names of the network's tensors. */
  public TensorSource tensors() {
    return random ? new InitialWeights(model.architecture(), deviation, seed) : model.weights();
  }

  /**
   * Distinguishes these weights from others.
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
