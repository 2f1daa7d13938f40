package lethe.train.gradient;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WireFormatTest {
  /** Bits worked by hand: 1 is 3f80 0000, and the next number of sixteen bits 3f81 0000. */
  @Test
  void sixteenBitsAreTheNearestAndOfTwoAsNearTheEven() {
    assertThat(bits(0x3f807fff)).isEqualTo(0x3f800000);
    assertThat(bits(0x3f808000)).as("half way, even below").isEqualTo(0x3f800000);
    assertThat(bits(0x3f808001)).isEqualTo(0x3f810000);
    assertThat(bits(0x3f818000)).as("half way, even above").isEqualTo(0x3f820000);
    assertThat(bits(0xbf808001)).as("below zero").isEqualTo(0xbf810000);
    assertThat(bits(0x80000000)).as("minus zero").isEqualTo(0x80000000);
    assertThat(bits(0x7f7fffff)).as("the largest").isEqualTo(0x7f800000);
    assertThat(bits(0xff800000)).as("infinite").isEqualTo(0xff800000);
    assertThat(Float.intBitsToFloat(bits(0x7f800001))).as("not a number").isNaN();
  }

  @Test
  void anyNumberIsRoundedToTheNearest() {
    float[] values = any(10_001);
    float[] others = any(10_001);
    float[] rounded = values.clone();
    WireFormat.BFLOAT16.round(rounded);
    float[] sums = values.clone();
    WireFormat.BFLOAT16.add(sums, others);
    for (int i = 0; i < values.length; i++) {
      assertSame(rounded[i], nearest(values[i]));
      assertSame(sums[i], nearest(values[i] + others[i]));
    }
    float[] exact = values.clone();
    WireFormat.FLOAT32.round(exact);
    assertThat(exact).containsExactly(values);
    WireFormat.FLOAT32.add(exact, others);
    for (int i = 0; i < values.length; i++) {
      assertSame(exact[i], values[i] + others[i]);
    }
  }

  /**
   * The nearer of the two neighbours that have sixteen bits, one after the other on the line of
   * numbers; of two as near, the one with an even last bit. Beyond the largest comes infinity.
   */
  private static float nearest(float value) {
    if (Float.isNaN(value) || Float.isInfinite(value)) {
      return value;
    }
    int cut = Float.floatToRawIntBits(value) >>> 16;
    double toZero = Float.intBitsToFloat(cut << 16);
    double away = Float.intBitsToFloat((cut + 1) << 16);
    if (Double.isInfinite(away)) {
      away = Math.copySign(0x1p128, value); // where the next would be
    }
    int nearer = Double.compare(Math.abs(value - toZero), Math.abs(away - value));
    return (float) (nearer < 0 || (nearer == 0 && cut % 2 == 0) ? toZero : away);
  }

  /** All that there are, also those of no value; some of these have no bit in the upper half. */
  private static float[] any(int count) {
    Random random = new Random(count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      int bits = random.nextInt();
      values[i] = Float.intBitsToFloat(i % 50 == 0 ? 0x7F800000 | (bits & 0xFFFF) : bits);
    }
    return values;
  }

  private static void assertSame(float actual, float expected) {
    if (Float.isNaN(expected)) {
      assertThat(actual).isNaN();
    } else {
      assertThat(Float.floatToRawIntBits(actual)).isEqualTo(Float.floatToRawIntBits(expected));
    }
  }

  private static int bits(int of) {
    float[] values = {Float.intBitsToFloat(of)};
    WireFormat.BFLOAT16.round(values);
    return Float.floatToRawIntBits(values[0]);
  }

  @ParameterizedTest
  @EnumSource(WireFormat.class)
  void arrivesRoundedWhateverTheBufferAndThePieces(WireFormat wire) {
    float[] values = any(10_001);
    for (ByteBuffer travels :
        new ByteBuffer[] {ByteBuffer.allocate(50_000), ByteBuffer.allocateDirect(50_000)}) {
      travels.position(3); // no place that is divisible by an element's bytes
      wire.encode(values, 0, 5_000, travels);
      wire.encode(values, 5_000, 5_001, travels);
      assertThat(travels.position()).isEqualTo(3 + wire.bytes(values.length));
      float[] arrived = new float[values.length];
      travels.limit(3 + wire.bytes(7_000) + 1).position(3);
      assertThat(wire.decode(travels, arrived, 0)).as("whole ones").isEqualTo(7_000);
      travels.limit(travels.capacity());
      assertThat(wire.decode(travels, arrived, 7_000)).as("room left").isEqualTo(3_001);
      for (int i = 0; i < values.length; i++) {
        assertSame(arrived[i], wire == WireFormat.FLOAT32 ? values[i] : nearest(values[i]));
      }
    }
  }
}
