package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import lethe.settings.Settings;
import lethe.train.plan.TrainingPlan;
import org.junit.jupiter.api.Test;

class TrainSettingsTest {
  @Test
  void anEpochHasAStepForWhatIsLeft() {
    assertThat(steps(801, "train.batch=480", "train.epochs=1")).isEqualTo(2);
    assertThat(steps(960, "train.batch=480", "train.epochs=1")).isEqualTo(2);
    assertThat(steps(40, "train.batch=32", "train.epochs=5")).isEqualTo(10);
    assertThat(steps(5, "train.batch=480", "train.epochs=3")).isEqualTo(3);
  }

  @Test
  void partOfAnEpochIsRoundedUpToWholeSteps() {
    assertThat(steps(100, "train.batch=10", "train.epochs=0.7")).isEqualTo(7);
    assertThat(steps(100, "train.batch=10", "train.epochs=1.31")).isEqualTo(14);
    assertThat(steps(100, "train.batch=10", "train.epochs=0.0001")).isEqualTo(1);
  }

  @Test
  void stepsThatAreGivenAreTheNumberOfSteps() {
    assertThat(steps(801, "train.batch=480", "train.steps=1")).isEqualTo(1);
    assertThat(TrainingPlan.reached(801, 480, 1)).isEqualTo(480);
    assertThat(TrainingPlan.reached(801, 480, 2)).isEqualTo(801);
  }

  @Test
  void moreStepsThanCanBeCountedAreRefused() {
    assertThatThrownBy(() -> steps(1_000_000, "train.batch=1", "train.epochs=1000000"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot train for train.epochs=1000000.0: that is 1000000000000 steps of 1 examples; set fewer epochs, or set train.steps");
  }

  @Test
  void aMethodsRecipeIsUnlearningsAlone() {
    Settings settings = Settings.of(List.of("unlearn.method=npo+kl", "train.seed=3"));
    TrainSettings unlearn = TrainSettings.read(settings.root(), "train");
    assertThat(unlearn.batch()).isEqualTo(32);
    assertThat(unlearn.learningRate()).isEqualTo(1e-5);
    for (String stage : List.of("pretrain", "finetune", "retrain")) {
      TrainSettings other = TrainSettings.read(settings.withoutMethod(), stage);
      assertThat(other)
          .isEqualTo(
              TrainSettings.read(
                  Settings.of(List.of("unlearn.method=gradient-ascent", "train.seed=3")).root(),
                  stage));
      assertThat(other.batch()).isEqualTo(480);
      assertThat(other.seed()).isEqualTo(3);
    }
  }

  private static int steps(long available, String... pairs) {
    Settings settings = Settings.of(Stream.of(pairs).toList());
    return TrainSettings.read(settings.root(), "train").steps(available);
  }
}
