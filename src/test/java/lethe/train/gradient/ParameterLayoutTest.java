package lethe.train.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lethe.model.checkpoint.NamedShape;
import lethe.train.optimizer.AdamW;
import org.junit.jupiter.api.Test;

/** What is trained, what decays and what stays. */
class ParameterLayoutTest {
  private static final ParameterPattern NONE = new ParameterPattern(List.of());

  /** Flat elements 0 to 2, 3 to 4, 5 to 8 and 9. */
  private static final List<NamedShape> TENSORS =
      List.of(
          NamedShape.of("embed.weight", 3),
          NamedShape.of("layers.0.norm.weight", 2),
          NamedShape.of("layers.0.mlp.weight", 2, 2),
          NamedShape.of("layers.0.mlp.bias", 1));

  @Test
  void trainedAndDecayingComeFirstThenTrainedThenFrozen() {
    ParameterLayout layout =
        ParameterLayout.of(TENSORS, names("embed.*"), names("*norm*", "*.bias"), 3);
    assertThat(layout.decayed()).isEqualTo(4);
    assertThat(layout.trained()).isEqualTo(7);
    assertThat(layout.elements()).isEqualTo(10);
    assertThat(flat(layout)).containsExactly(5, 6, 7, 8, 3, 4, 9, 0, 1, 2);
    assertThat(layout.buckets().count()).isEqualTo(3);
    assertThat(layout.count()).isEqualTo(4);
    assertThat(layout.length(2)).isEqualTo(1);
    assertThat(layout.length(3)).isEqualTo(3);
    assertThat(layout.tensor(4).name()).isEqualTo("layers.0.norm.weight");
  }

  @Test
  void withoutChoicesItIsTheNetworksOwnOrder() {
    ParameterLayout layout = ParameterLayout.of(TENSORS, NONE, NONE, 4);
    assertThat(flat(layout)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(layout.decayed()).isEqualTo(layout.trained()).isEqualTo(10);
  }

  @Test
  void onlyWhatShouldDecayDecays() {
    ParameterLayout layout =
        ParameterLayout.of(TENSORS, names("embed.*"), names("*norm*", "*.bias"), 3);
    AdamW optimizer = new AdamW(layout, ones(layout), 1, 0.5);
    float[][] zero = layout.buckets().allocate();
    optimizer.advance();
    for (int b = 0; b < zero.length; b++) {
      optimizer.update(b, zero[b], 0, 0.1);
    }
    // No gradient, so only the decay moves weights: 1 - 0.1 x 0.5.
    assertThat(optimizer.weights(0)).containsExactly(0.95f, 0.95f, 0.95f);
    assertThat(optimizer.weights(1)).containsExactly(0.95f, 1, 1);
    assertThat(optimizer.weights(2)).containsExactly(1);
    assertThat(optimizer.weights(3)).as("frozen").containsExactly(1, 1, 1);
    assertThat(optimizer.copy().vectors())
        .as("weights and moments of a checkpoint have no frozen ones")
        .allSatisfy(
            vector -> assertThat(Arrays.stream(vector).mapToInt(b -> b.length).sum()).isEqualTo(7));
  }

  @Test
  void aPatternThatFreezesNothingIsRefused() {
    assertThatThrownBy(() -> ParameterLayout.of(TENSORS, names("layers.[1-3].*"), NONE, 3))
        .hasMessage(
            "train.freeze has layers.[1-3].*, which matches no parameter of the model; the first is embed.weight");
    assertThatThrownBy(() -> ParameterLayout.of(TENSORS, names("*"), NONE, 3))
        .hasMessage("train.freeze leaves no parameter to train");
  }

  private static float[][] ones(ParameterLayout layout) {
    float[][] ones = layout.allocate();
    for (float[] bucket : ones) {
      Arrays.fill(bucket, 1);
    }
    return ones;
  }

  private static ParameterPattern names(String... patterns) {
    return new ParameterPattern(List.of(patterns));
  }

  /** The network's element at each place, as a walk over all buckets gives them. */
  private static int[] flat(ParameterLayout layout) {
    int[] flat = new int[(int) layout.elements()];
    for (int b = 0; b < layout.count(); b++) {
      int first = (int) layout.offset(b);
      layout.forEachRange(
          b,
          (at, from, length) -> {
            for (int i = 0; i < length; i++) {
              flat[first + from + i] = (int) at + i;
            }
          });
    }
    return flat;
  }
}
