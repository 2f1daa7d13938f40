package lethe.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Rates that rise by the same factor. */
class RisingRatesTest {
  @Test
  void riseFromTheLowestToTheHighestByOneFactor() {
    RisingRates rates = new RisingRates(1e-6, 1e-1, 11);
    assertThat(rates.rate(0)).isEqualTo(1e-6);
    assertThat(rates.rate(10)).isCloseTo(1e-1, within(1e-15));
    for (int step = 1; step < 11; step++) { // five decades in ten steps
      assertThat(rates.rate(step) / rates.rate(step - 1)).isCloseTo(Math.sqrt(10), within(1e-12));
    }
  }
}
