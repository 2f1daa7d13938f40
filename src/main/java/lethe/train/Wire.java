package lethe.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How gradients and weights travel. */
public enum Wire {
  FLOAT32(4),
  BFLOAT16(2);

  /** Elements turned at a time, in an array: taken one by one from a buffer they take longer. */
  private static final int AT_ONCE = 4096;

  private final int bytes;

  Wire(int bytes) {
    this.bytes = bytes;
  }

  int bytes(int elements) {
    return elements * bytes;
  }

  /** The nearest value that travels unchanged, ties to even. */
  float round(float value) {
    return this == FLOAT32 ? value : rounded(value);
  }

  /** The nearest value of sixteen bits, ties to even; what is not a number stays so. */
  static float rounded(float value) {
    int bits = Float.floatToRawIntBits(value);
    int nearest = (bits + 0x7FFF + ((bits >>> 16) & 1)) & 0xFFFF0000;
    return Float.isNaN(value) ? value : Float.intBitsToFloat(nearest);
  }

  /** Rounds in place. */
  void round(float[] values) {
    if (this != FLOAT32) {
      for (int i = 0; i < values.length; i++) {
        values[i] = rounded(values[i]);
      }
    }
  }

  /**
   * Appends values, little-endian, moving the target's position.
   *
   * @param from the first of {@code count}
   */
  void encode(float[] values, int from, int count, ByteBuffer target) {
    target.order(ByteOrder.LITTLE_ENDIAN);
    if (this == FLOAT32) {
      target.asFloatBuffer().put(values, from, count);
      target.position(target.position() + bytes(count));
      return;
    }
    short[] halves = new short[Math.min(count, AT_ONCE)];
    for (int done = 0; done < count; done += halves.length) {
      int length = Math.min(halves.length, count - done);
      for (int i = 0; i < length; i++) {
        halves[i] = (short) (Float.floatToRawIntBits(rounded(values[from + done + i])) >>> 16);
      }
      target.asShortBuffer().put(halves, 0, length);
      target.position(target.position() + bytes(length));
    }
  }

  /**
   * Reads the elements that stand whole in a buffer, moving its position.
   *
   * @param at the first place to fill
   * @return how many were read: no more than there was room for
   */
  int decode(ByteBuffer source, float[] values, int at) {
    source.order(ByteOrder.LITTLE_ENDIAN);
    int count = Math.min(source.remaining() / bytes, values.length - at);
    if (this == FLOAT32) {
      source.asFloatBuffer().get(values, at, count);
      source.position(source.position() + bytes(count));
      return count;
    }
    short[] halves = new short[Math.min(count, AT_ONCE)];
    for (int done = 0; done < count; done += halves.length) {
      int length = Math.min(halves.length, count - done);
      source.asShortBuffer().get(halves, 0, length);
      source.position(source.position() + bytes(length));
      for (int i = 0; i < length; i++) {
        values[at + done + i] = Float.intBitsToFloat(halves[i] << 16);
      }
    }
    return count;
  }
}
