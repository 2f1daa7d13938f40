package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lethe.target.Outcome;
import org.junit.jupiter.api.Test;

class SteeringTest {
  private final List<Probe> told = new ArrayList<>();

  @Test
  void endsWhereTheLossEntersTheBandAndLooksMoreOftenOnTheWay() {
    Steering steering = steering(20, domain("a", 4));
    // From 2 to a target of 4, 0.2 nats a step, which no probe but one may overshoot.
    List<Integer> looked = new ArrayList<>();
    for (int step = steering.orders().probe(); step != Orders.DONE; ) {
      looked.add(step);
      step = steering.probed(step, sums(2 + 0.2 * step), SteeringTest::none).probe();
    }
    // Half of what is missing each time: 9 / 2, 5 / 2, 3 / 2, 2 / 2, 1 / 2
    assertThat(looked).containsExactly(0, 1, 5, 7, 8, 9, 10);
    assertThat(steering.record().outcome()).isEqualTo(Outcome.MATCHED);
    assertThat(steering.record().best()).isEqualTo(10);
    assertThat(told).extracting(Probe::step).isEqualTo(looked);
    assertThat(told.get(1).distance()).isEqualTo(2.2 - 4);
  }

  @Test
  void keepsTheNearestStepAndNeverACollapsedOne() {
    Steering steering = steering(20, domain("a", 4));
    float[][] start = {{0}};
    float[][] near = {{1}};
    steering.probed(0, sums(2), () -> start);
    steering.probed(1, sums(3.2), () -> near);
    assertThat(steering.probed(2, sums(9), SteeringTest::none).done()).isTrue(); // worse than log V
    assertThat(steering.best()).isSameAs(near);
    assertThat(steering.record().best()).isEqualTo(1);
    assertThat(steering.record().outcome()).isEqualTo(Outcome.UNDER);

    Steering ruined = steering(20, domain("a", 4));
    ruined.probed(0, sums(2), () -> start);
    assertThat(ruined.probed(1, sums(Double.NaN), SteeringTest::none).done()).isTrue();
    assertThat(ruined.best()).isSameAs(start);
    assertThat(told.get(told.size() - 1).nll()).isNull();
  }

  @Test
  void endsWithItsStepsWhenTheTargetIsOutOfReach() {
    Steering steering = steering(7, domain("a", 4));
    List<Integer> looked = new ArrayList<>();
    for (int step = steering.orders().probe(); step != Orders.DONE; ) {
      looked.add(step);
      step = steering.probed(step, sums(2), SteeringTest::none).probe();
    }
    assertThat(looked).containsExactly(0, 1, 6, 7);
    assertThat(steering.record().outcome()).isEqualTo(Outcome.UNDER);
    assertThat(steering.record().most()).isEqualTo(7);
  }

  @Test
  void letsGoOfEachDomainAtItsOwnTarget() {
    Steering steering = steering(20, domain("a", 4), domain("b", 3));
    // Together they are at their target, 3.5, and neither is at its own.
    Orders first = steering.probed(0, sums(5, 2), SteeringTest::none);
    assertThat(first.open()).containsExactly(false, true);
    assertThat(first.done()).isFalse();
    Orders second = steering.probed(first.probe(), sums(3.8, 2.8), SteeringTest::none);
    assertThat(second.open()).containsExactly(true, true); // a fell below: it is taken up again
    assertThat(steering.openAt(0)).containsExactly(false, true);
    assertThat(steering.openAt(first.probe())).containsExactly(true, true);
    assertThat(steering.probed(second.probe(), sums(4, 2.95), SteeringTest::none).done()).isTrue();
  }

  @Test
  void weighsDomainsByTheirForgetTokens() {
    Aim.Domain large = new Aim.Domain("a", 4, 300, 10);
    Aim.Domain small = new Aim.Domain("b", 2, 100, 5);
    steering(20, large, small).probed(0, new double[] {10 * 3, 5 * 1}, SteeringTest::none);
    assertThat(told.get(0).nll()).isEqualTo((300 * 3 + 100 * 1) / 400.0);
    assertThat(told.get(0).distance()).isEqualTo(2.5 - 3.5);
  }

  @Test
  void decidesTheSameAfterAResume() {
    Steering whole = steering(20, domain("a", 4), domain("b", 3));
    float[][] best = {{3}};
    whole.probed(0, sums(2, 2), SteeringTest::none);
    whole.probed(1, sums(2.2, 2.5), () -> best);
    Steering resumed = steering(20, domain("a", 4), domain("b", 3));
    resumed.resume(whole.state());
    assertThat(resumed.orders().probe()).isEqualTo(whole.orders().probe());
    assertThat(resumed.best()).isSameAs(best);
    int step = whole.orders().probe();
    assertThat(resumed.probed(step, sums(2.3, 2.97), SteeringTest::none).open())
        .containsExactly(true, false);
    whole.probed(step, sums(2.3, 2.97), SteeringTest::none);
    assertThat(resumed.record()).isEqualTo(whole.record());
  }

  @Test
  void refusesAProbeNobodyAskedFor() {
    Steering steering = steering(20, domain("a", 4));
    steering.probed(0, sums(2), SteeringTest::none);
    assertThatThrownBy(() -> steering.probed(0, sums(2), SteeringTest::none))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Refused a probe at step 0: the next is at step 1");
  }

  private static float[][] none() {
    return new float[0][];
  }

  private Steering steering(int steps, Aim.Domain... domains) {
    return new Steering(new Aim(List.of(domains), 0.2, 5, 6), new ShardTree(2), steps, told::add);
  }

  private static Aim.Domain domain(String name, double target) {
    return new Aim.Domain(name, target, 100, 10);
  }

  /** Of probes of ten tokens a domain. */
  private static double[] sums(double... means) {
    return java.util.Arrays.stream(means).map(m -> 10 * m).toArray();
  }
}
