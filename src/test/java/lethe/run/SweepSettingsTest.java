package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SweepSettingsTest {
  @Test
  void namesRunsAsPeopleWriteRates() {
    assertThat(SweepSettings.name("undial-ascent+kl", 2e-4)).isEqualTo("undial-ascent-kl-2e-4");
    assertThat(SweepSettings.rate(0.003)).isEqualTo("0.003");
    assertThat(SweepSettings.rate(1.5e-5)).isEqualTo("1.5e-5");
    assertThat(SweepSettings.rate(1)).isEqualTo("1");
  }
}
