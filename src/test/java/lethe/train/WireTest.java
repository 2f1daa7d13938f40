package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WireTest {
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
    assertThat(Wire.rounded(Float.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(Wire.rounded(Float.intBitsToFloat(0x7fffffff))).isNaN();
  }

  private static int bits(int of) {
    return Float.floatToRawIntBits(Wire.rounded(Float.intBitsToFloat(of)));
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void arrivesRoundedWhateverTheBufferAndThePieces(Wire wire) {
    float[] values = new float[10_001];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(random.nextInt()); // all there are, also those of no value
    }
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
        float expected = wire.round(values[i]);
        if (Float.isNaN(expected)) {
          assertThat(arrived[i]).as("element %d", i).isNaN();
        } else {
          assertThat(Float.floatToRawIntBits(arrived[i]))
              .as("element %d", i)
              .isEqualTo(Float.floatToRawIntBits(expected));
        }
      }
    }
  }
}
