package lethe.train.gradient;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lethe.model.checkpoint.Bfloat16;

/** How gradients and weights travel. */
public enum WireFormat {
  FLOAT32(4),
  BFLOAT16(2);

  private final int bytes;

  WireFormat(int bytes) {
    this.bytes = bytes;
  }

  public int bytes(int elements) {
    return elements * bytes;
  }

  /** Rounds in place to the nearest values of this format, half to even. */
  public void round(float[] values) {
    round(values, 0, values.length);
  }

  /**
   * Rounds a range.
   *
   * @param from the first of {@code count}
   */
  void round(float[] values, int from, int count) {
    if (this != FLOAT32) {
      new Bfloat16().round(values, from, count);
    }
  }

  /** Adds element by element into {@code left}, each sum rounded. */
  public void add(float[] left, float[] right) {
    add(left, right, 0, left.length);
  }

  /**
   * Adds a range.
   *
   * @param from the first of {@code count}
   */
  void add(float[] left, float[] right, int from, int count) {
    Bfloat16 halves = new Bfloat16();
    int end = from + count;
    for (int at = from; at < end; at += Bfloat16.BLOCK) { // small enough to stay in the cache
      int block = Math.min(Bfloat16.BLOCK, end - at);
      for (int i = at; i < at + block; i++) {
        left[i] += right[i];
      }
      if (this != FLOAT32) {
        halves.round(left, at, block);
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
    new Bfloat16().narrow(values, from, count, target.asShortBuffer());
    target.position(target.position() + bytes(count));
  }

  /**
   * Reads the complete elements in a buffer, moving its position.
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
    Bfloat16.widen(source.asShortBuffer(), values, at, count);
    source.position(source.position() + bytes(count));
    return count;
  }
}
