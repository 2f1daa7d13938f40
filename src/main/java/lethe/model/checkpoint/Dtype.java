package lethe.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How a weight is stored; in memory it is always a float32. Narrowing rounds to the nearest, half
 * to even, as PyTorch does; a value beyond the range becomes an infinity and NaN stays NaN.
 */
public enum Dtype {
  FLOAT32("F32", 4),
  FLOAT16("F16", 2),
  BFLOAT16("BF16", 2);

  /** The exponents of float32 and float16 differ by 112; a float32 has 23 bits of fraction. */
  private static final int FLOAT16_BIAS = 112 << 23;

  private final String code;
  private final int bytes;

  Dtype(String code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** The name a safetensors header gives it. */
  String code() {
    return code;
  }

  /** Bytes per element. */
  int bytes() {
    return bytes;
  }

  /** The name config.json and the settings give it: {@code float32}, {@code bfloat16}, ... */
  String configName() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Dtype> ofCode(String code) {
    return Arrays.stream(values()).filter(d -> d.code.equals(code)).findFirst();
  }

  /** The value as this dtype holds it. */
  float round(float value) {
    return switch (this) {
      case FLOAT32 -> value;
      case FLOAT16 -> fromFloat16(toFloat16(value));
      case BFLOAT16 -> Bfloat16.round(value);
    };
  }

  /**
   * Widens stored elements.
   *
   * @param from little-endian elements from its position on, which does not move
   */
  void decode(ByteBuffer from, float[] to, int offset, int count) {
    ByteBuffer little = from.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (this == FLOAT32) {
      little.asFloatBuffer().get(to, offset, count);
      return;
    }
    ShortBuffer halves = little.asShortBuffer();
    if (this == BFLOAT16) {
      Bfloat16.widen(halves, to, offset, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      to[offset + i] = fromFloat16(halves.get(i));
    }
  }

  /**
   * Narrows elements to how they are stored.
   *
   * @param to takes little-endian elements from its position on, which does not move
   */
  void encode(float[] from, int offset, int count, ByteBuffer to) {
    ByteBuffer little = to.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (this == FLOAT32) {
      little.asFloatBuffer().put(from, offset, count);
      return;
    }
    ShortBuffer halves = little.asShortBuffer();
    if (this == BFLOAT16) {
      new Bfloat16().narrow(from, offset, count, halves);
      return;
    }
    for (int i = 0; i < count; i++) {
      halves.put(i, toFloat16(from[offset + i]));
    }
  }

  private static float fromFloat16(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half & 0x7c00;
    int fraction = half & 0x3ff;
    int magnitude =
        switch (exponent) {
          case 0x7c00 -> 0x7f800000 | fraction << 13;
          case 0 -> Float.floatToRawIntBits(fraction * 0x1p-24f);
          default -> ((exponent | fraction) << 13) + FLOAT16_BIAS;
        };
    return Float.intBitsToFloat(sign | magnitude);
  }

  private static short toFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    float size = Float.intBitsToFloat(magnitude);
    int half;
    if (Float.isNaN(value)) {
      half = 0x7e00 | (magnitude >>> 13 & 0x3ff);
    } else if (size >= 65520f) { // halfway between the largest float16, 65504, and the next step
      half = 0x7c00;
    } else if (size < 0x1p-14f) { // subnormal: whole steps of 2^-24; the product is exact
      half = (int) Math.rint(size * 0x1p24f);
    } else {
      half = (magnitude - FLOAT16_BIAS + 0xfff + (magnitude >>> 13 & 1)) >>> 13;
    }
    return (short) (sign | half);
  }
}
