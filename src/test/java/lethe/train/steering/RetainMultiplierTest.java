package lethe.train.steering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RetainMultiplierTest {
  private final RetainMultiplier multiplier =
      new RetainMultiplier(0.5, 2, Map.of("general.kl", 1.0, "retain.kl", 3.0));

  @Test
  void growsWhileWhatIsKeptIsAboveItsBound() {
    assertThat(multiplier.factor()).isEqualTo(1);
    multiplier.stepped(Map.of("forget.ascent", -9.0, "general.kl", 1.0, "retain.kl", 0.6));
    // (1 x 1 + 3 x 0.6) / 4 = 0.7; 1 + 2 (0.7 - 0.5) = 1.4
    assertThat(multiplier.factor()).isCloseTo(1.4, within(1e-12));
    multiplier.stepped(Map.of("general.kl", 0.5, "retain.kl", 0.5));
    assertThat(multiplier.factor()).as("at its bound").isCloseTo(1.4, within(1e-12));
  }

  @Test
  void fallsToNothingWhileItIsBelow() {
    multiplier.stepped(Map.of("general.kl", 0.1, "retain.kl", 0.1));
    assertThat(multiplier.factor()).isCloseTo(0.2, within(1e-12));
    multiplier.stepped(Map.of("general.kl", 0.0, "retain.kl", 0.0));
    assertThat(multiplier.factor()).isZero();
    multiplier.stepped(Map.of("general.kl", 1.0, "retain.kl", 1.0));
    assertThat(multiplier.factor()).as("and comes back").isEqualTo(1);
  }

  @Test
  void aStepThatKeepsNothingOrOneSplitOfTwoCountsWhatThereIs() {
    multiplier.stepped(Map.of("forget.ascent", -9.0));
    assertThat(multiplier.factor()).isEqualTo(1);
    multiplier.stepped(Map.of("general.kl", 1.0));
    assertThat(multiplier.factor()).isCloseTo(2, within(1e-12));
  }

  @Test
  void goesOnFromACheckpoint() {
    multiplier.resume(0.25);
    assertThat(multiplier.factor()).isEqualTo(0.25);
    assertThat(new RetainMultiplier(0, 1, Map.of("retain.kl", 1.0)).factor()).isEqualTo(1);
  }
}
