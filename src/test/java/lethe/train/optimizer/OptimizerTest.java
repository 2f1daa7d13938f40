package lethe.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import lethe.train.gradient.ParameterLayout;
import org.junit.jupiter.api.Test;

/** Steps by the sign of the gradient's mean, worked by hand. */
class OptimizerTest {
  private static final ParameterLayout LAYOUT = SnapshotTest.LAYOUT;

  @Test
  void everyWeightMovesByTheRateAgainstTheSignOfTheMean() {
    Optimizer optimizer = optimizer(0);
    optimizer.step(new float[][] {{3, -0.001f, 0}, {-7, 1e-20f, 2}, {0, -1}}, 1, 0.25);
    assertThat(optimizer.weights())
        .isDeepEqualTo(new float[][] {{0.75f, 2.25f, 3}, {4.25f, 4.75f, 5.75f}, {7, 8.25f}});
    // The mean of the first: 0.1 * 3, then 0.9 * 0.3 + 0.1 * -2 = 0.07, still above 0; a third
    // gradient of -2 turns it.
    optimizer.step(first(-2), 1, 0.25);
    assertThat(optimizer.weights(0)[0]).isEqualTo(0.5f);
    optimizer.step(first(-2), 1, 0.25);
    assertThat(optimizer.weights(0)[0]).isEqualTo(0.75f);
    assertThat(optimizer.vectors().get(1)[0][0]).isCloseTo(-0.137f, within(1e-6f));
  }

  @Test
  void clippingAndDecayAreThoseOfAdam() {
    Optimizer optimizer =
        new Optimizer(
            UpdateRule.SIGN, LAYOUT, new float[][] {{1, 2, 3}, {4, 5, 6}, {7, 8}}, 1, 0.5);
    optimizer.step(first(8), 4, 0.25); // clipped to 8 / 4
    assertThat(optimizer.vectors().get(1)[0][0]).isCloseTo(0.2f, within(1e-6f));
    Optimizer adam =
        new Optimizer(
            UpdateRule.ADAMW, LAYOUT, new float[][] {{1, 2, 3}, {4, 5, 6}, {7, 8}}, 1, 0.5);
    adam.step(first(8), 4, 0.25);
    // Without a gradient both only decay.
    assertThat(optimizer.weights(2)).isEqualTo(adam.weights(2));
    assertThat(optimizer.weights(0)[0]).isEqualTo(1 * (1 - 0.125f) - 0.25f);
  }

  @Test
  void itsStateIsTheWeightsAndTheMean() {
    Optimizer optimizer = optimizer(0.1);
    assertThat(optimizer.rule().vectors()).containsExactly("weights", "mean");
    assertThat(optimizer.vectors()).hasSize(2);
    assertThat(UpdateRule.ADAMW.vectors()).containsExactly("weights", "mean", "square");
    optimizer.step(first(1), 1, 0.25);
    List<float[][]> kept = optimizer.vectors();
    Optimizer resumed =
        new Optimizer(UpdateRule.SIGN, LAYOUT, LAYOUT.buckets().allocate(), 1e9, 0.1);
    for (int v = 0; v < kept.size(); v++) {
      for (int b = 0; b < kept.get(v).length; b++) {
        System.arraycopy(kept.get(v)[b], 0, resumed.vectors().get(v)[b], 0, kept.get(v)[b].length);
      }
    }
    resumed.resume(1);
    optimizer.step(first(-3), 1, 0.25);
    resumed.step(first(-3), 1, 0.25);
    assertThat(resumed.weights()).isDeepEqualTo(optimizer.weights());
  }

  @Test
  void aSnapshotHasItsTwoVectors() throws Exception {
    Optimizer optimizer = optimizer(0);
    try (Snapshot snapshot = optimizer.snapshot(Duration.ofMinutes(1), waited -> {})) {
      optimizer.step(first(1), 1, 0.25);
      snapshot.read(0, 0, bucket -> assertThat(bucket).containsExactly(1, 2, 3));
      snapshot.read(1, 0, bucket -> assertThat(bucket).containsExactly(0, 0, 0));
    }
  }

  private static Optimizer optimizer(double decay) {
    return new Optimizer(
        UpdateRule.SIGN, LAYOUT, new float[][] {{1, 2, 3}, {4, 5, 6}, {7, 8}}, 1e9, decay);
  }

  /** A gradient of the first weight alone. */
  private static float[][] first(float value) {
    return new float[][] {{value, 0, 0}, {0, 0, 0}, {0, 0}};
  }
}
