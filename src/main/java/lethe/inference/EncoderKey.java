package lethe.inference;

import java.io.Serializable;
import lethe.model.EncoderSource;

/**
 * The network that judges texts and is in a folder now; one that overwrites it has another key.
 *
 * @param source where it is read from
 * @param fingerprint of its files
 * @param compute on which device
 */
public record EncoderKey(EncoderSource source, String fingerprint, ComputeSettings compute)
    implements Serializable {

  /** The network of a folder; it always computes in float32. */
  public static EncoderKey of(EncoderSource source, ComputeSettings compute) {
    return new EncoderKey(source, source.fingerprint(), compute.exact());
  }
}
