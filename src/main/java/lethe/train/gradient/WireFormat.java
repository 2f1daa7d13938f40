package lethe.train.gradient;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/** How gradients and weights travel. */
public enum WireFormat {
  FLOAT32(4),
  BFLOAT16(2);

  /** Elements turned at a time, in an array: taken one by one from a buffer they take longer. */
  private static final int AT_ONCE = 4096;

  private final int bytes;

  WireFormat(int bytes) {
    this.bytes = bytes;
  }

  public int bytes(int elements) {
    return elements * bytes;
  }

  /** Rounds in place to the nearest values that travel unchanged, of two as near to the even. */
  void round(float[] values) {
    if (this != FLOAT32) {
      Bfloat16Block halves = new Bfloat16Block();
      for (int at = 0; at < values.length; at += AT_ONCE) {
        halves.round(values, at, Math.min(AT_ONCE, values.length - at));
      }
    }
  }

  /** Adds element by element into {@code left}, each sum rounded. */
  public void add(float[] left, float[] right) {
    Bfloat16Block halves = new Bfloat16Block();
    for (int at = 0; at < left.length; at += AT_ONCE) {
      int count = Math.min(AT_ONCE, left.length - at);
      for (int i = at; i < at + count; i++) {
        left[i] += right[i];
      }
      if (this != FLOAT32) {
        halves.round(left, at, count);
      }
    }
  }

  /**
   * Rounds several numbers at a time: on their bits in an array of whole numbers, where the
   * compiler takes eight or sixteen together; between floats and their bits it does so only in a
   * buffer's copies. What is not a number stays so.
   */
  private static final class Bfloat16Block {
    private final int[] bits = new int[AT_ONCE];
    private final short[] upper = new short[AT_ONCE];
    private final FloatBuffer floats;
    private final IntBuffer whole;

    Bfloat16Block() {
      ByteBuffer memory = ByteBuffer.allocate(4 * AT_ONCE).order(ByteOrder.nativeOrder());
      floats = memory.asFloatBuffer();
      whole = memory.asIntBuffer();
    }

    void round(float[] values, int from, int count) {
      load(values, from, count);
      whole.clear().put(bits, 0, count);
      floats.clear().get(values, from, count);
    }

    /** The upper halves of rounded numbers. */
    short[] of(float[] values, int from, int count) {
      load(values, from, count);
      for (int i = 0; i < count; i++) {
        upper[i] = (short) (bits[i] >>> 16);
      }
      return upper;
    }

    private void load(float[] values, int from, int count) {
      floats.clear().put(values, from, count);
      whole.clear().get(bits, 0, count);
      round(bits, count);
    }

    private static void round(int[] bits, int count) {
      for (int i = 0; i < count; i++) {
        int b = bits[i];
        int not = (0x7F800000 - (b & 0x7FFFFFFF)) >> 31; // all ones where it is not a number
        int nearest = (b + 0x7FFF + ((b >>> 16) & 1)) & 0xFFFF0000;
        bits[i] = (nearest & ~not) | ((b | 0x400000) & not); // that bit stands in the upper half
      }
    }
  }

  /**
   * Appends values, little-endian, moving the target's position.
   *
   * @param from the first of {@code count}
   */
  public void encode(float[] values, int from, int count, ByteBuffer target) {
    target.order(ByteOrder.LITTLE_ENDIAN);
    if (this == FLOAT32) {
      target.asFloatBuffer().put(values, from, count);
      target.position(target.position() + bytes(count));
      return;
    }
    Bfloat16Block halves = new Bfloat16Block();
    for (int done = 0; done < count; done += AT_ONCE) {
      int length = Math.min(AT_ONCE, count - done);
      target.asShortBuffer().put(halves.of(values, from + done, length), 0, length);
      target.position(target.position() + bytes(length));
    }
  }

  /**
   * Reads the elements that stand whole in a buffer, moving its position.
   *
   * @param at the first place to fill
   * @return how many were read: no more than there was room for
   */
  public int decode(ByteBuffer source, float[] values, int at) {
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
