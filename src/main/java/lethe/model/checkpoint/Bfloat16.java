package lethe.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/**
 * bfloat16, the upper half of a float32.
 *
 * <pre>
 *   a number becomes the nearest bfloat16, half to even; beyond the largest, an infinity
 *   NaN stays NaN: its quiet bit is set, because its payload may be in the lower half alone
 * </pre>
 *
 * An instance holds the memory for blocks; not thread-safe.
 */
public final class Bfloat16 {
  /** Elements that are converted at a time. */
  public static final int BLOCK = 4096;

  /** HotSpot vectorizes loops over int[] but not floatToRawIntBits: bits go through a buffer. */
  private final int[] bits = new int[BLOCK];

  private final short[] upper = new short[BLOCK];
  private final FloatBuffer floats;
  private final IntBuffer ints;

  public Bfloat16() {
    ByteBuffer memory = ByteBuffer.allocate(4 * BLOCK).order(ByteOrder.nativeOrder());
    floats = memory.asFloatBuffer();
    ints = memory.asIntBuffer();
  }

  /** The nearest value that is a bfloat16. */
  static float round(float value) {
    return Float.intBitsToFloat(rounded(Float.floatToRawIntBits(value)));
  }

  /**
   * Rounds in place.
   *
   * @param from the first of {@code count}
   */
  public void round(float[] values, int from, int count) {
    for (int done = 0; done < count; done += BLOCK) {
      int length = Math.min(BLOCK, count - done);
      load(values, from + done, length);
      ints.clear().put(bits, 0, length);
      floats.clear().get(values, from + done, length);
    }
  }

  /**
   * Appends the upper halves of rounded values.
   *
   * @param from the first of {@code count}
   */
  public void narrow(float[] values, int from, int count, ShortBuffer to) {
    for (int done = 0; done < count; done += BLOCK) {
      int length = Math.min(BLOCK, count - done);
      load(values, from + done, length);
      for (int i = 0; i < length; i++) {
        upper[i] = (short) (bits[i] >>> 16);
      }
      to.put(upper, 0, length);
    }
  }

  /**
   * Reads upper halves; exact.
   *
   * @param at the first of {@code count} places to fill
   */
  public static void widen(ShortBuffer from, float[] values, int at, int count) {
    short[] halves = new short[Math.min(count, BLOCK)];
    for (int done = 0; done < count; done += halves.length) {
      int length = Math.min(halves.length, count - done);
      from.get(halves, 0, length);
      for (int i = 0; i < length; i++) {
        values[at + done + i] = Float.intBitsToFloat(halves[i] << 16);
      }
    }
  }

  private void load(float[] values, int from, int count) {
    floats.clear().put(values, from, count);
    ints.clear().get(bits, 0, count);
    for (int i = 0; i < count; i++) {
      bits[i] = rounded(bits[i]);
    }
  }

  /** Without a branch, for the same reason. */
  private static int rounded(int bits) {
    int nan = (0x7F800000 - (bits & 0x7FFFFFFF)) >> 31; // all ones for NaN, else zero
    int nearest = bits + 0x7FFF + ((bits >>> 16) & 1);
    return ((nearest & ~nan) | ((bits | 0x400000) & nan)) & 0xFFFF0000;
  }
}
