package lethe.train.steering;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What the driver sends to the workers after a probe, and to a worker that joins.
 *
 * @param nextProbeStep the step before which to probe next; {@link #NEVER} when there is nothing to
 *     probe, {@link #DONE} when training has ended
 * @param weights by domain, of its examples in the forget loss; 0 for a domain that is not trained
 *     on for now
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ProbeDecision(int nextProbeStep, double[] weights) {
  static final int NEVER = Integer.MAX_VALUE;
  static final int DONE = -1;

  /** The decision of a training without a target. */
  public static final ProbeDecision UNSTEERED = new ProbeDecision(NEVER, new double[0]);

  public boolean done() {
    return nextProbeStep == DONE;
  }

  public int bytes() {
    return 4 + 8 * weights.length;
  }

  public void write(ByteBuffer buffer) {
    buffer.putInt(nextProbeStep);
    for (double weight : weights) {
      buffer.putDouble(weight);
    }
  }

  /** Reads what is left of a buffer. */
  public static ProbeDecision read(ByteBuffer buffer) {
    int probe = buffer.getInt();
    double[] weights = new double[buffer.remaining() / 8];
    for (int d = 0; d < weights.length; d++) {
      weights[d] = buffer.getDouble();
    }
    return new ProbeDecision(probe, weights);
  }

  @Override
  public String toString() {
    return "ProbeDecision[" + nextProbeStep + ", " + Arrays.toString(weights) + "]";
  }
}
