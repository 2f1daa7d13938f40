package lethe.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SplitMix64Test {
  @Test
  void givesTheNumbersOfTheJdksGenerator() {
    for (long seed : new long[] {0, 1, -1, 0x5DEECE66DL, Long.MIN_VALUE}) {
      SplittableRandom random = new SplittableRandom(seed);
      for (int n = 1; n <= 100; n++) {
        assertThat(SplitMix64.mix(seed + n * SplitMix64.GAMMA)).isEqualTo(random.nextLong());
      }
    }
  }
}
