package lethe.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The rule that reads a range test, on curves made by hand. */
class RateRuleTest {
  private static final double TARGET = 4;
  private static final double BAND = 0.1;
  private static final double UNIFORM = 6;

  @Test
  void aLossThatFollowsTheSumOfRatesComesToItsTargetInTwoThirdsOfThePlannedSteps() {
    // 2 + 100 R: a training ends at 3.9, so at R = 0.019, whatever the rates were.
    List<Double> losses = new ArrayList<>();
    for (double sum : sums(12)) {
      losses.add(2 + 100 * sum);
    }
    RateRule.Choice choice = RateRule.choose(curve(losses), 60, 1);
    assertThat(choice.rate()).as("0.019 / 40, three digits").isEqualTo(4.75e-4);
    assertThat(choice.finding())
        .isEqualTo(
            "rates that add up to 1.90e-02 brought the forget loss from 2.000 to its target, 4.000");
  }

  @Test
  void theSumIsReadFromTheLineBetweenTwoPoints() {
    // Sums 1e-5, 3e-5, 7e-5: 3.9 lies three quarters of the way from 3.6 to 4.0.
    RateRule.Choice choice = RateRule.choose(curve(List.of(2.0, 2.1, 3.6, 4.0)), 9, 1);
    assertThat(choice.rate()).isEqualTo(1e-5);
  }

  @Test
  void aTermOfWhichEachStepBringsLessIsGivenMore() {
    RateRule.Choice choice = RateRule.choose(curve(List.of(2.0, 2.1, 3.6, 4.0)), 90, 3);
    assertThat(choice.rate()).as("three times 6e-5 / 60").isEqualTo(3e-6);
    assertThat(choice.finding())
        .isEqualTo(
            "rates that add up to 6.00e-05 brought the forget loss from 2.000 to its target, 4.000; small steps are given 3 times that, for each brings less than the one before");
  }

  @Test
  void twiceAsManyStepsTakeHalfTheRate() {
    RangeCurve curve = curve(List.of(2.0, 2.0, 2.5, 3.5, 4.5)); // 3.9 at 1.02e-4
    assertThat(RateRule.choose(curve, 45, 1).rate()).as("102 / 30").isEqualTo(3.4e-6);
    assertThat(RateRule.choose(curve, 90, 1).rate()).isEqualTo(1.7e-6);
  }

  /** As negative preference optimisation does. */
  @Test
  void aTermThatFadesIsGivenTheRateThatBringsItToItsHighest() {
    // The highest is at a sum of 7e-5; at the end steps are so large that the loss rises by itself.
    RateRule.Choice choice =
        RateRule.choose(curve(List.of(2.0, 2.1, 3.0, 3.2, 3.1, 3.0, 3.0, 4.5)), 105, 1);
    assertThat(choice.rate()).isEqualTo(1e-6);
    assertThat(choice.finding())
        .isEqualTo(
            "rates that add up to 7.00e-05 brought the forget loss from 2.000 to 3.200, where the forget term fades, short of its target, 4.000");
  }

  @Test
  void aDipOfOneStepIsNoEndAndNeitherIsOneBeforeHalfOfTheWay() {
    List<Double> smooth = List.of(2.0, 2.1, 2.4, 3.0, 3.2, 3.3, 3.5, 4.5);
    List<Double> dips = List.of(2.0, 2.9, 2.8, 2.7, 3.2, 3.1, 3.5, 4.5);
    assertThat(RateRule.choose(curve(dips), 90, 1))
        .isEqualTo(RateRule.choose(curve(smooth), 90, 1));
  }

  @Test
  void saysThatALossDoesNotMove() {
    RateRule.Choice choice = RateRule.choose(curve(List.of(2.0, 2.1, 2.2, 2.1)), 10, 1);
    assertThat(choice.rate()).isNull();
    assertThat(choice.finding())
        .isEqualTo(
            "the forget loss came from 2.000 to 2.100 and not to its target, 4.000, at rates up to 4.0e-05");
  }

  @Test
  void saysThatAModelCollapsesBeforeItForgets() {
    for (Double lost : new Double[] {7.0, null}) {
      List<Double> losses = new ArrayList<>(List.of(2.0, 2.5));
      losses.add(lost);
      RateRule.Choice choice = RateRule.choose(curve(losses), 10, 1);
      assertThat(choice.rate()).isNull();
      assertThat(choice.finding())
          .isEqualTo(
              "the model collapsed at a rate of 2.0e-05, when the forget loss had come from 2.000 to 2.500 and not to its target, 4.000");
    }
  }

  @Test
  void saysThatThePlannedStepsAreTooFew() {
    RateRule.Choice choice = RateRule.choose(curve(List.of(2.0, 2.1, 3.6, 4.0)), 1.5, 1);
    assertThat(choice.rate()).isNull();
    assertThat(choice.finding())
        .isEqualTo(
            "rates that add up to 6.0e-05 are needed, so for the planned steps one of 6.0e-05, at which one step alone goes as far");
  }

  @Test
  void saysThatNothingIsToBeForgotten() {
    RateRule.Choice choice = RateRule.choose(curve(List.of(3.95)), 10, 1);
    assertThat(choice.rate()).isNull();
    assertThat(choice.finding())
        .isEqualTo("the forget loss, 3.950, is not below its target, 4.000");
  }

  /** Sums of rates that double from 1e-5; the first is 0. */
  private static List<Double> sums(int steps) {
    List<Double> sums = new ArrayList<>(List.of(0.0));
    for (int k = 0; k < steps; k++) {
      sums.add(sums.get(k) + 1e-5 * (1 << k));
    }
    return sums;
  }

  /** A curve with these losses at rates that double from 1e-5. */
  private static RangeCurve curve(List<Double> losses) {
    List<Double> sums = sums(losses.size());
    List<RangeCurve.Point> points = new ArrayList<>();
    for (int k = 0; k < losses.size(); k++) {
      double rate = k == 0 ? 0 : 1e-5 * (1 << (k - 1));
      points.add(new RangeCurve.Point(k, rate, sums.get(k), losses.get(k), Map.of()));
    }
    return new RangeCurve(TARGET, BAND, UNIFORM, points);
  }
}
