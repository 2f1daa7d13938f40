package lethe.inference;

import java.io.Serializable;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.Quantization;

/**
 * The model that is in a folder now, and how it computes; a model that overwrites it has another
 * key.
 *
 * @param source where it is read from
 * @param fingerprint as {@link ModelFingerprint} makes it
 * @param quantization how its matrices are rounded when they are read
 * @param noise added to its matrices when they are read, in their standard deviations; 0 for none
 * @param seed of that noise
 * @param compute on which device and with which precision
 */
public record ModelKey(
    ModelSource source,
    String fingerprint,
    Quantization quantization,
    double noise,
    long seed,
    ComputeSettings compute)
    implements Serializable {

  /** The model of a folder. */
  public static ModelKey of(ModelSource source, ComputeSettings compute) {
    return new ModelKey(source, ModelFingerprint.of(source), Quantization.NONE, 0, 0, compute);
  }

  /** The same model, rounded. */
  public ModelKey rounded(Quantization how) {
    return new ModelKey(source, fingerprint, how, noise, seed, compute);
  }

  /**
   * A copy of it with noise.
   *
   * @param deviations of each matrix that are added, above 0
   */
  public ModelKey noised(double deviations, long from) {
    return new ModelKey(source, fingerprint, quantization, deviations, from, compute);
  }
}
