package lethe.inference;

import java.io.Serializable;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;

/**
 * One model as it stands in its folder now, and how it computes; another model written over it has
 * another key.
 *
 * @param source where it is read from
 * @param fingerprint as {@link ModelFingerprint} makes it
 * @param compute on which device, how exactly
 */
public record ModelKey(ModelSource source, String fingerprint, ComputeSettings compute)
    implements Serializable {

  /** The model of a folder. */
  public static ModelKey of(ModelSource source, ComputeSettings compute) {
    return new ModelKey(source, ModelFingerprint.of(source), compute);
  }
}
