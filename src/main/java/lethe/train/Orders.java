package lethe.train;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What the driver tells the workers after a probe, and a new worker when it says hello.
 *
 * @param probe the step before which to probe next; {@link #NONE} when there is nothing to look at,
 *     {@link #DONE} when training has ended
 * @param weights by domain, of its examples in the forget loss; 0 where a domain is let go of
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Orders(int probe, double[] weights) {
  static final int NONE = Integer.MAX_VALUE;
  static final int DONE = -1;

  /** Of a training that does not steer. */
  static final Orders FREE = new Orders(NONE, new double[0]);

  boolean done() {
    return probe == DONE;
  }

  int bytes() {
    return 4 + 8 * weights.length;
  }

  void write(ByteBuffer buffer) {
    buffer.putInt(probe);
    for (double weight : weights) {
      buffer.putDouble(weight);
    }
  }

  /** Reads what is left of a buffer. */
  static Orders read(ByteBuffer buffer) {
    int probe = buffer.getInt();
    double[] weights = new double[buffer.remaining() / 8];
    for (int d = 0; d < weights.length; d++) {
      weights[d] = buffer.getDouble();
    }
    return new Orders(probe, weights);
  }

  @Override
  public String toString() {
    return "Orders[" + probe + ", " + Arrays.toString(weights) + "]";
  }
}
