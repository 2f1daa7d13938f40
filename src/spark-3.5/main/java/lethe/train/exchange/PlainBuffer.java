package lethe.train.exchange;

import org.apache.spark.network.buffer.ManagedBuffer;

/** A message's body that Spark's transport sends as it is. */
abstract class PlainBuffer extends ManagedBuffer {}
