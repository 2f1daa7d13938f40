package lethe.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DtypeTest {
  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "BFLOAT16"})
  void everyStoredValueSurvivesTheRoundTrip(Dtype dtype) {
    for (int half = 0; half < 1 << 16; half++) {
      float value = decode(dtype, (short) half);
      if (Float.isNaN(value)) {
        assertThat(dtype.round(value)).isNaN();
      } else {
        assertThat(encode(dtype, value)).isEqualTo((short) half);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "BFLOAT16"})
  void roundsToTheNearestAndTiesToEven(Dtype dtype) {
    Random random = new Random(1);
    for (int half = 0; half < 1 << 15; half++) {
      double low = decode(dtype, (short) half);
      double high = decode(dtype, (short) (half + 1));
      if (!Double.isFinite(low) || !Double.isFinite(high)) {
        continue;
      }
      short even = (short) ((half & 1) == 0 ? half : half + 1);
      double middle = (low + high) / 2; // a float32 too: at least 13 more bits
      assertThat(encode(dtype, (float) middle)).isEqualTo(even);
      assertThat(encode(dtype, (float) -middle)).isEqualTo((short) (even | 0x8000));
      float between = (float) (low + (high - low) * random.nextDouble());
      if (between != (float) middle) {
        assertThat(encode(dtype, between)).isEqualTo((short) (between < middle ? half : half + 1));
      }
    }
  }

  @Test
  void valuesWorkedByHand() {
    assertThat(encode(Dtype.BFLOAT16, 1f)).isEqualTo((short) 0x3f80);
    assertThat(encode(Dtype.BFLOAT16, -2.5f)).isEqualTo((short) 0xc020);
    assertThat(encode(Dtype.FLOAT16, 1f)).isEqualTo((short) 0x3c00);
    assertThat(encode(Dtype.FLOAT16, -2.5f)).isEqualTo((short) 0xc100);
    assertThat(encode(Dtype.FLOAT16, 0x1p-24f)).isEqualTo((short) 1);
    assertThat(encode(Dtype.FLOAT16, 0x1p-25f)).isEqualTo((short) 0);
  }

  @Test
  void whatIsTooLargeBecomesInfinite() {
    assertThat(Dtype.FLOAT16.round(65519f)).isEqualTo(65504f);
    assertThat(Dtype.FLOAT16.round(65520f)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Dtype.FLOAT16.round(-1e9f)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(Dtype.BFLOAT16.round(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
  }

  @ParameterizedTest
  @EnumSource
  void notANumberStaysThat(Dtype dtype) {
    for (int bits : new int[] {0x7f800001, 0x7fc00000, 0x7fffffff, 0xff800001, 0xffffffff}) {
      assertThat(dtype.round(Float.intBitsToFloat(bits))).isNaN();
    }
  }

  private static float decode(Dtype dtype, short half) {
    float[] value = new float[1];
    ByteBuffer stored = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN).putShort(0, half);
    dtype.decode(stored, value, 0, 1);
    return value[0];
  }

  private static short encode(Dtype dtype, float value) {
    ByteBuffer stored = ByteBuffer.allocate(2);
    dtype.encode(new float[] {value}, 0, 1, stored);
    return stored.order(ByteOrder.LITTLE_ENDIAN).getShort(0);
  }
}
