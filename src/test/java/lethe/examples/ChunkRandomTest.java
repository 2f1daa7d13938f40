package lethe.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ChunkRandomTest {
  @Test
  void dependsOnEveryPartOfThePlaceAndOnNothingElse() {
    ChunkRandom draw = ChunkRandom.of(1, "d", "doc", 2);
    assertThat(ChunkRandom.of(1, "d", "doc", 2)).isEqualTo(draw);
    assertThat(ChunkRandom.of(2, "d", "doc", 2)).isNotEqualTo(draw);
    assertThat(ChunkRandom.of(1, "dd", "oc", 2)).isNotEqualTo(draw);
    assertThat(ChunkRandom.of(1, "", "ddoc", 2)).isNotEqualTo(draw);
    assertThat(ChunkRandom.of(1, "d", "doc", 3)).isNotEqualTo(draw);
    assertThat(draw.nextFloat(7)).isEqualTo(draw.nextFloat(7)).isNotEqualTo(draw.nextFloat(8));
  }

  @Test
  void isUniform() {
    int draws = 100_000;
    int[] counts = new int[10];
    double sum = 0;
    for (int i = 0; i < draws; i++) {
      ChunkRandom draw = ChunkRandom.of(5, "d", "doc" + i / 100, 0);
      counts[draw.nextInt(i % 100, 10)]++;
      sum += draw.nextFloat(i % 100 + 1000);
    }
    assertThat(sum / draws).isCloseTo(0.5, within(0.005));
    for (int count : counts) {
      assertThat(count).isBetween(9_600, 10_400); // four standard deviations
    }
  }
}
