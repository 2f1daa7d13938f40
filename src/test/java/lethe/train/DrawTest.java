package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DrawTest {
  @Test
  void dependsOnEveryPartOfThePlaceAndOnNothingElse() {
    Draw draw = Draw.of(1, "d", "doc", 2);
    assertThat(Draw.of(1, "d", "doc", 2)).isEqualTo(draw);
    assertThat(Draw.of(2, "d", "doc", 2)).isNotEqualTo(draw);
    assertThat(Draw.of(1, "dd", "oc", 2)).isNotEqualTo(draw);
    assertThat(Draw.of(1, "", "ddoc", 2)).isNotEqualTo(draw);
    assertThat(Draw.of(1, "d", "doc", 3)).isNotEqualTo(draw);
    assertThat(draw.uniform(7)).isEqualTo(draw.uniform(7)).isNotEqualTo(draw.uniform(8));
  }

  @Test
  void isUniform() {
    int draws = 100_000;
    int[] counts = new int[10];
    double sum = 0;
    for (int i = 0; i < draws; i++) {
      Draw draw = Draw.of(5, "d", "doc" + i / 100, 0);
      counts[draw.whole(i % 100, 10)]++;
      sum += draw.uniform(i % 100 + 1000);
    }
    assertThat(sum / draws).isCloseTo(0.5, within(0.005));
    for (int count : counts) {
      assertThat(count).isBetween(9_600, 10_400); // four standard deviations
    }
  }
}
