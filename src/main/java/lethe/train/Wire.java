package lethe.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How gradients and weights travel. */
public enum Wire {
  FLOAT32(4),
  BFLOAT16(2);

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

  /** Appends values, little-endian, moving the target's position. */
  void encode(float[] values, ByteBuffer target) {
    target.order(ByteOrder.LITTLE_ENDIAN);
    if (this == FLOAT32) {
      target.asFloatBuffer().put(values);
      target.position(target.position() + bytes(values.length));
    } else {
      for (float value : values) {
        target.putShort((short) (Float.floatToRawIntBits(rounded(value)) >>> 16));
      }
    }
  }

  /**
   * The values that remain in a buffer.
   *
   * @throws IllegalArgumentException when they are not {@code elements}
   */
  float[] decode(ByteBuffer source, int elements) {
    if (source.remaining() != bytes(elements)) {
      throw new IllegalArgumentException(
          "expected "
              + elements
              + " elements of "
              + this
              + ", got "
              + source.remaining()
              + " bytes");
    }
    source.order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[elements];
    if (this == FLOAT32) {
      source.asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < elements; i++) {
        values[i] = Float.intBitsToFloat(source.getShort() << 16);
      }
    }
    return values;
  }
}
