package lethe.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import lethe.loss.Example;
import org.junit.jupiter.api.Test;
import scala.Tuple2;

class PlanReaderTest {
  @Test
  void handsOutRowsInOrderAndPassesOverStepsBeforeARetry() {
    PlanReader plan =
        reader(4, new ProbeKey(0, 1, 9), key(3, 0, 0), key(4, 0, 0), key(4, 0, 0), key(4, 1, 1));
    assertThat(plan.nextProbe(0, 0, 5)).isEmpty();
    assertThat(plan.nextProbe(0, 1, 5)).extracting(Example::id).containsExactly("0");
    assertThat(plan.next(4, 0, 0, 1)).extracting(Example::id).containsExactly("2");
    assertThat(plan.next(4, 0, 0, 5)).extracting(Example::id).containsExactly("3");
    assertThat(plan.next(4, 0, 1, 5)).isEmpty();
    assertThat(plan.next(4, 1, 0, 5)).isEmpty();
    assertThat(plan.next(4, 1, 1, 5)).extracting(Example::id).containsExactly("4");
    assertThat(plan.next(5, 0, 0, 5)).isEmpty();
  }

  @Test
  void refusesARowThatNobodyAsksFor() {
    // Of another shard than the worker owns, of a role that the method has not, of a step gone by.
    for (PlanKey stray : List.of(key(0, 3, 0), key(0, 4, 2), key(0, 4, 1))) {
      PlanReader plan = reader(0, stray, key(1, 4, 0));
      assertThatThrownBy(
              () -> {
                plan.next(0, 4, 0, 1);
                plan.next(1, 4, 0, 1);
              })
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "the plan does not fit: its next row is 0 for step 1, shard %d, role %d, but the worker needs step "
                  .formatted(stray.shard(), stray.role()));
    }
  }

  @Test
  void refusesAProbeThatNobodyAsksFor() {
    PlanReader plan = reader(0, new ProbeKey(2, 1, 0), key(0, 2, 0));
    assertThatThrownBy(() -> plan.next(0, 2, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "the plan does not fit: its next row is 0 for the probe, shard 2, domain 1, but the worker needs step 1, shard 2, role 0;");
  }

  @Test
  void probesComeBeforeStepsInTheOrderOfTheirShards() {
    List<RowKey> inOrder =
        List.of(
            new ProbeKey(0, 1, 5),
            new ProbeKey(1, 0, 2),
            new ProbeKey(1, 0, 3),
            key(0, 0, 0),
            key(0, 1, 0),
            key(1, 0, 0));
    List<RowKey> mixed = new ArrayList<>(inOrder);
    Collections.shuffle(mixed, new Random(1));
    assertThat(mixed).isNotEqualTo(inOrder);
    Collections.sort(mixed);
    assertThat(mixed).isEqualTo(inOrder);
  }

  private static PlanKey key(int step, int shard, int role) {
    return new PlanKey(step, shard, role, 0);
  }

  /** Examples that are called by their places. */
  private static PlanReader reader(int first, RowKey... keys) {
    return new PlanReader(
        Stream.iterate(0, i -> i + 1)
            .limit(keys.length)
            .map(i -> new Tuple2<>(keys[i], new Example("" + i, List.of())))
            .iterator(),
        first);
  }
}
