package lethe.train;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What the driver tells the workers after a probe, and a new worker when it says hello.
 *
 * @param probe the step before which to probe next; {@link #NONE} when there is nothing to look at,
 *     {@link #DONE} when training has ended
 * @param open by domain, whether it is still to be forgotten
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Orders(int probe, boolean[] open) {
  static final int NONE = Integer.MAX_VALUE;
  static final int DONE = -1;

  /** Of a training that does not steer. */
  static final Orders FREE = new Orders(NONE, new boolean[0]);

  boolean done() {
    return probe == DONE;
  }

  /** Whether every domain is still to be forgotten. */
  boolean allOpen() {
    for (boolean one : open) {
      if (!one) {
        return false;
      }
    }
    return true;
  }

  int bytes() {
    return 4 + open.length;
  }

  void write(ByteBuffer buffer) {
    buffer.putInt(probe);
    for (boolean one : open) {
      buffer.put((byte) (one ? 1 : 0));
    }
  }

  /** Reads what is left of a buffer. */
  static Orders read(ByteBuffer buffer) {
    int probe = buffer.getInt();
    boolean[] open = new boolean[buffer.remaining()];
    for (int d = 0; d < open.length; d++) {
      open[d] = buffer.get() == 1;
    }
    return new Orders(probe, open);
  }

  @Override
  public String toString() {
    return "Orders[" + probe + ", " + Arrays.toString(open) + "]";
  }
}
