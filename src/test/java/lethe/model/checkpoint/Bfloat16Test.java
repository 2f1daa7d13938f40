package lethe.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ShortBuffer;
import org.junit.jupiter.api.Test;

class Bfloat16Test {
  /** All upper halves, each with lower halves around the middle and at the ends. */
  private static final int[] LOWER = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF};

  private final float[] values = new float[LOWER.length << 16];

  Bfloat16Test() {
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(((i / LOWER.length) << 16) | LOWER[i % LOWER.length]);
    }
  }

  @Test
  void everyNumberBecomesTheNearestAndHalfWayTheEven() {
    for (float value : values) {
      int bits = Float.floatToRawIntBits(value);
      int lower = bits & 0xFFFF;
      int towardsZero = bits & 0xFFFF0000;
      boolean up = lower > 0x8000 || (lower == 0x8000 && ((towardsZero >>> 16) & 1) == 1);
      int expected = up ? towardsZero + 0x10000 : towardsZero;
      if (!Float.isNaN(value)) {
        assertThat(Float.floatToRawIntBits(Bfloat16.round(value))).isEqualTo(expected);
      }
    }
    assertThat(Bfloat16.round(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
  }

  @Test
  void notANumberStaysSoWhateverItsPayload() {
    for (float value : values) {
      assertThat(Float.isNaN(Bfloat16.round(value))).isEqualTo(Float.isNaN(value));
    }
  }

  @Test
  void arraysAreRoundedNarrowedAndWidenedAsSingleValues() {
    int from = 3;
    int count = values.length - 5; // not whole blocks
    float[] rounded = values.clone();
    new Bfloat16().round(rounded, from, count);
    short[] halves = new short[count];
    new Bfloat16().narrow(values, from, count, ShortBuffer.wrap(halves));
    float[] widened = values.clone();
    Bfloat16.widen(ShortBuffer.wrap(halves), widened, from, count);

    for (int i = 0; i < values.length; i++) {
      boolean within = i >= from && i < from + count;
      int expected = Float.floatToRawIntBits(within ? Bfloat16.round(values[i]) : values[i]);
      assertThat(Float.floatToRawIntBits(rounded[i])).isEqualTo(expected);
      assertThat(Float.floatToRawIntBits(widened[i])).isEqualTo(expected);
    }
  }
}
