package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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

  /** Numbers of the papers' own trainers: 62 steps of 400 rows are floor(5 x 400 / 32). */
  @Test
  void wholeStepsAreAsManyAsBothPapersMade() {
    String[] yuan = {"train.batch=32", "train.epochs=5", "train.last-step=whole"};
    assertThat(steps(40, yuan)).isEqualTo(6);
    assertThat(steps(200, yuan)).isEqualTo(31);
    assertThat(steps(400, yuan)).isEqualTo(62);
    assertThat(steps(2000, "train.batch=480", "train.epochs=1", "train.last-step=whole"))
        .isEqualTo(4);
    assertThat(steps(100, "train.batch=480", "train.epochs=1", "train.last-step=whole"))
        .as("fewer than a batch")
        .isEqualTo(1);
    assertThat(steps(1000, "train.batch=10", "train.epochs=0.07", "train.last-step=whole"))
        .as("0.07 is a little less than 7 / 100")
        .isEqualTo(7);
    assertThat(steps(1000, "train.batch=10", "train.epochs=0.0001", "train.last-step=whole"))
        .isEqualTo(1);
  }

  /** As Yao et al. count: a method with a retain term makes twice the steps of half the size. */
  @Test
  void aBatchOfAllTermsIsSharedByThem() {
    Settings settings =
        Settings.of(
            List.of("train.batch=480", "train.batch-counts=all-terms", "train.last-step=whole"));
    TrainSettings train = TrainSettings.read(settings.root(), "train");
    settings.check();
    assertThat(train.perStep(2000, 1)).isEqualTo(480);
    assertThat(train.steps(2000, 1)).isEqualTo(4);
    assertThat(train.perStep(2000, 2)).isEqualTo(240);
    assertThat(train.steps(2000, 2)).isEqualTo(8);
    assertThat(train.perStep(2000, 3)).isEqualTo(160);
    assertThat(train.perStep(100, 2)).as("no more than there are").isEqualTo(100);
  }

  @Test
  void otherWaysOfCountingAreRefused() {
    Settings settings =
        Settings.of(List.of("train.batch-counts=chunks", "train.last-step=dropped"));
    TrainSettings.read(settings.root(), "train");
    assertThatThrownBy(settings::check)
        .hasMessageContaining(
            "train.batch-counts must be one of each-term, all-terms, was \"chunks\"")
        .hasMessageContaining("train.last-step must be one of smaller, whole, was \"dropped\"");
  }

  @Test
  void moreStepsThanCanBeCountedAreRefused() {
    assertThatThrownBy(() -> steps(1_000_000, "train.batch=1", "train.epochs=1000000"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot train for train.epochs=1000000.0: that is 1000000000000 steps of 1 examples; set fewer epochs, or set train.steps");
  }

  @Test
  void factorsAreTheRatesOfAllStepsAtAPeakOfOne() {
    String target = "train.learning-rate=target";
    assertThat(factors(target, "train.steps=10", "train.lr-schedule=constant"))
        .as("no warm-up")
        .isEqualTo(10);
    assertThat(factors(target, "train.steps=10", "train.lr-schedule=linear"))
        .as("1, 0.9, ..., 0.1")
        .isCloseTo(5.5, within(1e-12));
    // Two steps rise by thirds, eight go on at 1.
    assertThat(
            factors(
                target, "train.steps=10", "train.lr-schedule=constant", "train.warmup-ratio=0.2"))
        .isCloseTo(9, within(1e-12));
    // Of 20 examples in batches of 8 an epoch makes three steps.
    assertThat(factors(target, "train.batch=8", "train.epochs=2", "train.lr-schedule=constant"))
        .isEqualTo(6);
  }

  private static double factors(String... pairs) {
    Settings settings =
        Settings.of(Stream.concat(Stream.of("train.warmup-ratio=0"), Stream.of(pairs)).toList());
    TrainSettings read = TrainSettings.read(settings.root(), "train");
    assertThat(settings.problems()).isEmpty();
    assertThat(read.rangeTest()).isPresent();
    assertThatThrownBy(() -> read.schedule(10)).isInstanceOf(IllegalStateException.class);
    return read.factors(20, 2);
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
    return TrainSettings.read(settings.root(), "train").steps(available, 2);
  }
}
