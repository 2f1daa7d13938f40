package lethe.inference;

import java.io.Serializable;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;

/**
 * The model that is in a folder now, and how it computes; a model that overwrites it has another
 * key.
 *
 * @param source where it is read from
 * @param fingerprint as {@link ModelFingerprint} makes it
 * @param compute on which device and with which precision
 */
public record ModelKey(ModelSource source, String fingerprint, ComputeSettings compute)
    implements Serializable {

  /** The model of a folder. */
  public static ModelKey of(ModelSource source, ComputeSettings compute) {
    return new ModelKey(source, ModelFingerprint.of(source), compute);
  }
}
