package lethe.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Distributions of losses as counts, against the sorted losses themselves. */
class LossQuantilesTest {
  private static final int TOKENS = 20_000;

  @Test
  void aQuantileIsTheSortedLossOfThatPlace() {
    float[] known = losses(1, 2, -4); // e^-4 nats, by a factor of e^2 more or less
    LossQuantiles quantiles = of(known);
    Arrays.sort(known);
    for (int place = 0; place < TOKENS; place += 97) {
      double share = (place + 0.5) / TOKENS;
      assertThat(quantiles.loss(share))
          .as("place %d", place)
          .isCloseTo(known[place], within(known[place] / 500.0));
      assertThat(quantiles.quantile(known[place]))
          .isCloseTo(share, within(10.0 / TOKENS)); // as many as a bin holds
    }
    double mean = 0;
    for (float loss : known) {
      mean += loss;
    }
    mean /= TOKENS;
    assertThat(quantiles.mean()).isCloseTo(mean, within(mean / 500));
    assertThat(quantiles.loss(0)).isCloseTo(known[0], within(known[0] / 500.0));
    assertThat(quantiles.loss(1)).isCloseTo(known[TOKENS - 1], within(known[TOKENS - 1] / 500.0));
    assertThat(quantiles.quantile(0)).isZero();
    assertThat(quantiles.quantile(1e6)).isEqualTo(1);
  }

  @Test
  void lossesThatAreMappedAreDistributedAsTheOthers() {
    float[] own = losses(2, 2, -4);
    float[] unseen = losses(3, 1, 1);
    TruthChange change = new TruthChange.ByQuantiles(Map.of("d", of(own)), Map.of("d", of(unseen)));
    float[] mapped = new float[TOKENS];
    double least = 0;
    Arrays.sort(own);
    for (int i = 0; i < TOKENS; i++) {
      double loss = -Math.log(change.of("d", Math.exp(-own[i])));
      assertThat(loss).as("order stays").isGreaterThanOrEqualTo(least - 1e-9);
      least = loss;
      mapped[i] = (float) loss;
    }
    Arrays.sort(unseen);
    // Nearly certain tokens: a probability near 1 is rounded, and with it its loss.
    for (int i = TOKENS / 10; i < TOKENS; i += 101) {
      assertThat((double) mapped[i]).isCloseTo(unseen[i], within(unseen[i] / 50.0));
    }
    assertThat(of(mapped).mean()).isCloseTo(of(unseen).mean(), within(0.005));
  }

  @Test
  void losesNothingAtTheEdges() {
    LossQuantiles one = of(new float[] {0, 0, 2});
    assertThat(one.loss(0.5)).isCloseTo(0, within(1e-30));
    assertThat(one.loss(0.9)).isCloseTo(2, within(2 / 500.0));
    assertThat(LossQuantiles.bin(-0f)).isEqualTo(LossQuantiles.bin(-1e-8f)).isZero();
    assertThatThrownBy(() -> new LossQuantiles(new TreeMap<>()))
        .hasMessageContaining("quantiles of no token's loss");
  }

  private static LossQuantiles of(float[] nats) {
    TreeMap<Integer, Long> counts = new TreeMap<>();
    for (float loss : nats) {
      counts.merge(LossQuantiles.bin(loss), 1L, Long::sum);
    }
    return new LossQuantiles(counts);
  }

  private static float[] losses(long seed, double width, double center) {
    Random random = new Random(seed);
    float[] losses = new float[TOKENS];
    for (int i = 0; i < TOKENS; i++) {
      losses[i] = (float) Math.exp(center + width * random.nextGaussian());
    }
    return losses;
  }
}
