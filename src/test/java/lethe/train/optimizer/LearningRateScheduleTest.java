package lethe.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import lethe.train.optimizer.LearningRateSchedule.Decay;
import org.junit.jupiter.api.Test;

/** Rates worked by hand: three steps to the peak, then eight down from it. */
class LearningRateScheduleTest {
  @Test
  void warmUpIsAStraightLineThatDoesNotBeginAtZero() {
    for (Decay decay : Decay.values()) {
      assertThat(rates(decay)).startsWith(0.1, 0.2, 0.30000000000000004, 0.4);
    }
  }

  @Test
  void linearFallsByAnEighthOfThePeak() {
    assertThat(rates(Decay.LINEAR))
        .endsWith(new double[] {0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05}, within(1e-15));
  }

  @Test
  void cosineIsHalfWayDownInTheMiddle() {
    double[] rates = rates(Decay.COSINE);
    assertThat(rates[3]).isEqualTo(0.4);
    assertThat(rates[5]).isCloseTo(0.2 * (1 + Math.sqrt(0.5)), within(1e-15));
    assertThat(rates[7]).isCloseTo(0.2, within(1e-15));
    assertThat(rates[9]).isCloseTo(0.2 * (1 - Math.sqrt(0.5)), within(1e-15));
  }

  @Test
  void constantStaysAtThePeak() {
    assertThat(rates(Decay.CONSTANT)).endsWith(0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4);
  }

  private static double[] rates(Decay decay) {
    LearningRateSchedule schedule = new LearningRateSchedule(0.4, 11, 3, decay);
    return IntStream.range(0, 11).mapToDouble(schedule::rate).toArray();
  }
}
