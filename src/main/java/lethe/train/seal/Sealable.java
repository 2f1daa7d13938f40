package lethe.train.seal;

import org.apache.spark.network.buffer.ManagedBuffer;

/** What is sent as a stream, and can be sealed on its way. */
public interface Sealable {
  /**
   * The same, sealed.
   *
   * @param bound what only this stream is, see {@link MessageCipher#stream}
   */
  ManagedBuffer sealed(MessageCipher seal, byte[] bound);
}
