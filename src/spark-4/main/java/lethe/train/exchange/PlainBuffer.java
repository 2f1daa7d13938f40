package lethe.train.exchange;

import org.apache.spark.network.buffer.ManagedBuffer;

/** A message's body that Spark's transport sends as it is: Lethe's port has no TLS of Spark's. */
abstract class PlainBuffer extends ManagedBuffer {
  @Override
  public final Object convertToNettyForSsl() {
    throw new UnsupportedOperationException(
        "spark.ssl.rpc encrypts Spark's own messages; gradients and weights have lethe.train.seal");
  }
}
