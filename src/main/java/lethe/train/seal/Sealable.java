package lethe.train.seal;

import org.apache.spark.network.buffer.ManagedBuffer;

/** Data that is sent as a stream and can be sealed. */
public interface Sealable {
  /**
   * The same, sealed.
   *
   * @param bound what identifies this stream, see {@link MessageCipher#stream}
   */
  ManagedBuffer sealed(MessageCipher cipher, byte[] bound);
}
