package lethe.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ForecastTest {
  @Test
  void putsALineThroughTheLastProbes() {
    Forecast forecast = new Forecast(1000);
    add(forecast, 0, -9); // before the last five
    add(forecast, 10, -2.0);
    add(forecast, 20, -1.8);
    add(forecast, 30, -1.9);
    add(forecast, 40, -1.5);
    add(forecast, 50, -1.4);
    // steps 10 to 50: mean 30; distances: mean -1.72;
    // (-20)(-0.28) + (-10)(-0.08) + 0 + 10 (0.22) + 20 (0.32) = 15; 15 / 1000 = 0.015 a step; 1.4 /
    // 0.015 = 93.3
    assertThat(forecast.stepsLeft()).hasValue(94);
    assertThat(forecast.warning()).isEmpty();
  }

  @Test
  void saysNothingBeforeThreeProbesAndAtTheTarget() {
    Forecast forecast = new Forecast(100);
    add(forecast, 0, -1);
    add(forecast, 1, -0.9);
    assertThat(forecast.stepsLeft()).isEmpty();
    add(forecast, 2, -0.8);
    assertThat(forecast.stepsLeft()).hasValue(8);
    add(forecast, 3, 0.1);
    assertThat(forecast.stepsLeft()).isEmpty();
    assertThat(forecast.warning()).isEmpty();
  }

  @Test
  void warnsOnceOfALossThatStandsStill() {
    Forecast forecast = new Forecast(100);
    for (int step = 0; step < 20; step += 5) {
      add(forecast, step, -1);
      assertThat(forecast.warning()).isEmpty();
    }
    add(forecast, 20, -1);
    assertThat(forecast.stepsLeft()).isEmpty();
    assertThat(forecast.warning().orElseThrow())
        .startsWith("Warning: after 20 steps the forget loss is 1.000 below its target, and ")
        .contains("it comes no nearer");
    add(forecast, 25, -1);
    assertThat(forecast.warning()).isEmpty();
  }

  @Test
  void doesNotWarnOfAWarmUp() {
    Forecast forecast = new Forecast(1000);
    for (int step = 0; step < 10; step++) {
      add(forecast, step, -1);
    }
    assertThat(forecast.warning()).isEmpty();
  }

  @Test
  void startsAnewAfterALossThatIsNotFinite() {
    Forecast forecast = new Forecast(100);
    add(forecast, 0, -1);
    add(forecast, 1, -0.9);
    forecast.add(new ProbeResult(2, null, null, Map.of(), Map.of()));
    add(forecast, 3, -0.8);
    assertThat(forecast.stepsLeft()).isEmpty();
  }

  private static void add(Forecast forecast, int step, double distance) {
    forecast.add(new ProbeResult(step, 5 + distance, distance, Map.of(), Map.of()));
  }
}
