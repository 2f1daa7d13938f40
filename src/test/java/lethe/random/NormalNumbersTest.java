package lethe.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class NormalNumbersTest {
  private static final int MANY = 200_000;

  @Test
  void haveTheMomentsOfANormalDistribution() {
    NormalNumbers numbers = new NormalNumbers(7, "model.layers.0.mlp.up_proj.weight");
    double[] moments = new double[5];
    int within1 = 0;
    for (int i = 0; i < MANY; i++) {
      double x = numbers.at(i);
      for (int k = 1; k <= 4; k++) {
        moments[k] += Math.pow(x, k) / MANY;
      }
      within1 += Math.abs(x) < 1 ? 1 : 0;
    }
    assertThat(moments[1]).isCloseTo(0, within(0.01));
    assertThat(moments[2]).isCloseTo(1, within(0.02));
    assertThat(moments[3]).isCloseTo(0, within(0.05));
    assertThat(moments[4]).isCloseTo(3, within(0.15));
    assertThat((double) within1 / MANY).isCloseTo(0.6827, within(0.005));
  }

  @Test
  void dependOnSeedNameAndPlaceAlone() {
    NormalNumbers one = new NormalNumbers(7, "a");
    double third = one.at(3);
    one.at(1_000_000_000_000L);
    assertThat(new NormalNumbers(7, "a").at(3)).isEqualTo(third);
    assertThat(new NormalNumbers(8, "a").at(3)).isNotEqualTo(third);
    assertThat(new NormalNumbers(7, "b").at(3)).isNotEqualTo(third);
    assertThat(one.at(4)).isNotEqualTo(third);
  }
}
