package lethe.train.steering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lethe.target.Outcome;
import lethe.target.ProbeResult;
import lethe.target.SteeringRules;
import lethe.target.SteeringTarget;
import lethe.train.gradient.ShardTree;
import org.junit.jupiter.api.Test;

class TargetControllerTest {
  private final List<ProbeResult> told = new ArrayList<>();

  @Test
  void endsWhereTheLossEntersTheBandAndLooksMoreOftenOnTheWay() {
    TargetController steering = steering(20, domain("a", 4));
    // From 2 to a target of 4, 0.2 nats a step, which no probe but one may overshoot.
    List<Integer> looked = new ArrayList<>();
    for (int step = steering.decision().nextProbeStep(); step != ProbeDecision.DONE; ) {
      looked.add(step);
      step =
          steering.probed(step, sums(2 + 0.2 * step), TargetControllerTest::none).nextProbeStep();
    }
    // Half of what is missing each time: 9 / 2, 5 / 2, 3 / 2, 2 / 2, 1 / 2
    assertThat(looked).containsExactly(0, 1, 5, 7, 8, 9, 10);
    assertThat(steering.record().outcome()).isEqualTo(Outcome.MATCHED);
    assertThat(steering.record().best()).isEqualTo(10);
    assertThat(told).extracting(ProbeResult::step).isEqualTo(looked);
    assertThat(told.get(1).distance()).isEqualTo(2.2 - 4);
  }

  @Test
  void keepsTheNearestStepAndNeverACollapsedOne() {
    TargetController steering = steering(20, domain("a", 4));
    float[][] start = {{0}};
    float[][] near = {{1}};
    steering.probed(0, sums(2), () -> start);
    steering.probed(1, sums(3.2), () -> near);
    assertThat(steering.probed(2, sums(9), TargetControllerTest::none).done())
        .isTrue(); // worse than log V
    assertThat(steering.best()).isSameAs(near);
    assertThat(steering.record().best()).isEqualTo(1);
    assertThat(steering.record().outcome()).isEqualTo(Outcome.UNDER);

    TargetController ruined = steering(20, domain("a", 4));
    ruined.probed(0, sums(2), () -> start);
    assertThat(ruined.probed(1, sums(Double.NaN), TargetControllerTest::none).done()).isTrue();
    assertThat(ruined.best()).isSameAs(start);
    assertThat(told.get(told.size() - 1).nll()).isNull();
  }

  @Test
  void endsWithItsStepsWhenTheTargetIsOutOfReach() {
    TargetController steering = steering(7, domain("a", 4));
    List<Integer> looked = new ArrayList<>();
    for (int step = steering.decision().nextProbeStep(); step != ProbeDecision.DONE; ) {
      looked.add(step);
      step = steering.probed(step, sums(2), TargetControllerTest::none).nextProbeStep();
    }
    assertThat(looked).containsExactly(0, 1, 6, 7);
    assertThat(steering.record().outcome()).isEqualTo(Outcome.UNDER);
    assertThat(steering.record().most()).isEqualTo(7);
  }

  @Test
  void letsGoOfEachDomainAtItsOwnTarget() {
    TargetController steering = steering(20, domain("a", 4), domain("b", 3));
    // Together they are at their target, 3.5, and neither is at its own.
    ProbeDecision first = steering.probed(0, sums(5, 2), TargetControllerTest::none);
    assertThat(first.weights()).containsExactly(0, 2); // of the whole, half is left
    assertThat(first.done()).isFalse();
    ProbeDecision second =
        steering.probed(first.nextProbeStep(), sums(3.8, 2.8), TargetControllerTest::none);
    assertThat(second.weights()[0]).isPositive(); // it fell below: it is taken up again
    assertThat(steering.weightsAt(0)).containsExactly(0, 2);
    assertThat(steering.weightsAt(first.nextProbeStep())).isEqualTo(second.weights());
    assertThat(
            steering
                .probed(second.nextProbeStep(), sums(4, 2.95), TargetControllerTest::none)
                .done())
        .isTrue();
  }

  @Test
  void weighsDomainsSoThatTheyArriveTogether() {
    TargetController steering = steering(20, domain("a", 4), domain("b", 4));
    assertThat(steering.probed(0, sums(2, 2), TargetControllerTest::none).weights())
        .containsExactly(1, 1);
    // In a step of weight 1 one has come 0.5 of 2 nearer, the other 0.2: 3 and 9 steps are left.
    double[] weights = steering.probed(1, sums(2.5, 2.2), TargetControllerTest::none).weights();
    assertThat(weights[0]).isCloseTo(2 * 3 / 12.0, within(1e-9));
    assertThat(weights[1]).isCloseTo(2 * 9 / 12.0, within(1e-9));
    assertThat(told.get(1).weights())
        .containsExactly(Map.entry("a", weights[0]), Map.entry("b", weights[1]));
    // At the same pace for its weight, each then has as many steps to go.
    int step = steering.decision().nextProbeStep();
    double a = 2.5 + 0.5 * weights[0] * (step - 1);
    double b = 2.2 + 0.2 * weights[1] * (step - 1);
    double[] same = steering.probed(step, sums(a, b), TargetControllerTest::none).weights();
    assertThat(same).containsExactly(weights, within(1e-9));
  }

  @Test
  void amongStepsInTheBandTheOneWhoseDomainsAreNearestIsBest() {
    TargetController steering = steering(50, domain("a", 4), domain("b", 3));
    float[][] band = {{1}};
    float[][] nearest = {{2}};
    steering.probed(
        0, sums(3.9, 2.5), TargetControllerTest::none); // least miss, 0.3, but 0.3 under
    assertThat(steering.best()).isEqualTo(new float[0][]);
    steering.probed(
        steering.decision().nextProbeStep(),
        sums(4.6, 2.4),
        () -> band); // misses by 0.6, and by 0 together
    assertThat(steering.best()).isSameAs(band);
    steering.probed(steering.decision().nextProbeStep(), sums(4.3, 2.7), () -> nearest);
    steering.probed(
        steering.decision().nextProbeStep(), sums(4.4, 2.6), TargetControllerTest::none);
    assertThat(steering.best()).isSameAs(nearest);
  }

  @Test
  void weighsDomainsByTheirForgetTokens() {
    SteeringTarget.Domain large = new SteeringTarget.Domain("a", 4, 300, 10);
    SteeringTarget.Domain small = new SteeringTarget.Domain("b", 2, 100, 5);
    steering(20, large, small).probed(0, new double[] {10 * 3, 5 * 1}, TargetControllerTest::none);
    assertThat(told.get(0).nll()).isEqualTo((300 * 3 + 100 * 1) / 400.0);
    assertThat(told.get(0).distance()).isEqualTo(2.5 - 3.5);
  }

  @Test
  void decidesTheSameAfterAResume() {
    TargetController whole = steering(20, domain("a", 4), domain("b", 3));
    float[][] best = {{3}};
    whole.probed(0, sums(2, 2), TargetControllerTest::none);
    whole.probed(1, sums(2.2, 2.5), () -> best);
    TargetController resumed = steering(20, domain("a", 4), domain("b", 3));
    resumed.resume(whole.state());
    assertThat(resumed.decision().nextProbeStep()).isEqualTo(whole.decision().nextProbeStep());
    assertThat(resumed.best()).isSameAs(best);
    int step = whole.decision().nextProbeStep();
    assertThat(resumed.probed(step, sums(2.3, 2.97), TargetControllerTest::none).weights())
        .containsExactly(new double[] {2, 0}, within(1e-9));
    whole.probed(step, sums(2.3, 2.97), TargetControllerTest::none);
    assertThat(resumed.record()).isEqualTo(whole.record());
  }

  @Test
  void refusesAProbeNobodyAskedFor() {
    TargetController steering = steering(20, domain("a", 4));
    steering.probed(0, sums(2), TargetControllerTest::none);
    assertThatThrownBy(() -> steering.probed(0, sums(2), TargetControllerTest::none))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Refused a probe at step 0: the next is at step 1");
  }

  @Test
  void doesNotEndNorKeepAModelBeforeItsLeastSteps() {
    TargetController steering = steering(new SteeringRules(7, false), 20, domain("a", 4));
    steering.probed(0, sums(4.5), TargetControllerTest::none); // noise: beyond the target
    assertThat(steering.decision().done()).isFalse();
    assertThat(steering.decision().weights()).containsExactly(0);
    assertThat(steering.decision().nextProbeStep()).isEqualTo(1);
    steering.probed(1, sums(4), TargetControllerTest::none);
    steering.probed(steering.decision().nextProbeStep(), sums(3), TargetControllerTest::none);
    assertThat(steering.decision().weights()).containsExactly(1);
    while (steering.decision().nextProbeStep() < 7) {
      steering.probed(steering.decision().nextProbeStep(), sums(3.9), TargetControllerTest::none);
      assertThat(steering.decision().done()).isFalse();
    }
    int first = steering.decision().nextProbeStep();
    steering.probed(first, sums(3.5), TargetControllerTest::none);
    assertThat(steering.bestStep()).as("though others were nearer").isEqualTo(first);
    assertThat(steering.decision().done()).isFalse();
    int next = steering.decision().nextProbeStep();
    steering.probed(next, sums(3.95), TargetControllerTest::none);
    assertThat(steering.bestStep()).isEqualTo(next);
    assertThat(steering.decision().done()).isTrue();
  }

  @Test
  void keepsTheLastStepWhereTheLeastAreMoreThanAll() {
    TargetController steering = steering(new SteeringRules(50, false), 1, domain("a", 4));
    steering.probed(0, sums(3.9), TargetControllerTest::none);
    steering.probed(1, sums(3), TargetControllerTest::none);
    assertThat(steering.decision().done()).isTrue();
    assertThat(steering.bestStep()).isEqualTo(1);
  }

  @Test
  void goesOnWithADomainAtItsTargetUnderATermThatPullsBack() {
    TargetController steering =
        steering(new SteeringRules(0, true), 20, domain("a", 4), domain("b", 3));
    steering.probed(0, sums(2, 2), TargetControllerTest::none);
    steering.probed(1, sums(4, 2.5), TargetControllerTest::none);
    assertThat(steering.decision().weights()).containsExactly(1, 1);
    assertThat(steering.decision().done()).isFalse();
    steering.probed(steering.decision().nextProbeStep(), sums(4, 3), TargetControllerTest::none);
    assertThat(steering.decision().done()).isTrue();
  }

  private static float[][] none() {
    return new float[0][];
  }

  private TargetController steering(int steps, SteeringTarget.Domain... domains) {
    return steering(SteeringRules.PLAIN, steps, domains);
  }

  private TargetController steering(
      SteeringRules rules, int steps, SteeringTarget.Domain... domains) {
    return new TargetController(
        new SteeringTarget(List.of(domains), 0.2, 5, 6), rules, new ShardTree(2), steps, told::add);
  }

  private static SteeringTarget.Domain domain(String name, double target) {
    return new SteeringTarget.Domain(name, target, 100, 10);
  }

  /** Of probes of ten tokens a domain. */
  private static double[] sums(double... means) {
    return java.util.Arrays.stream(means).map(m -> 10 * m).toArray();
  }
}
