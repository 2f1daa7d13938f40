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
 * @param compute on which device and with which precision
 */
public record ModelKey(
    ModelSource source, String fingerprint, Quantization quantization, ComputeSettings compute)
    implements Serializable {

  /** The model of a folder. */
  public static ModelKey of(ModelSource source, ComputeSettings compute) {
    return new ModelKey(source, ModelFingerprint.of(source), Quantization.NONE, compute);
  }

  /** The same model, rounded. */
  public ModelKey rounded(Quantization how) {
    return new ModelKey(source, fingerprint, how, compute);
  }
}
