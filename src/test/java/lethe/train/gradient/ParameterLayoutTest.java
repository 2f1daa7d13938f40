package lethe.train.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lethe.model.checkpoint.NamedShape;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
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
  void whatDecaysComesFirstAndWhatIsFrozenIsNotInIt() {
    ParameterLayout layout =
        ParameterLayout.of(TENSORS, names("embed.*"), names("*norm*", "*.bias"), 3);
    assertThat(layout.decayed()).isEqualTo(4);
    assertThat(layout.trained()).isEqualTo(7);
    assertThat(flat(layout)).containsExactly(5, 6, 7, 8, 3, 4, 9);
    assertThat(layout.buckets().count()).isEqualTo(3);
    assertThat(layout.buckets().length(2)).isEqualTo(1);
    assertThat(layout.trainedNames())
        .containsExactlyInAnyOrder(
            "layers.0.norm.weight", "layers.0.mlp.weight", "layers.0.mlp.bias");
    assertThat(layout.tensor(4).name()).isEqualTo("layers.0.norm.weight");
  }

  @Test
  void withoutChoicesItIsTheNetworksOwnOrder() {
    ParameterLayout layout = ParameterLayout.of(TENSORS, NONE, NONE, 4);
    assertThat(flat(layout)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(layout.decayed()).isEqualTo(layout.trained()).isEqualTo(10);
  }

  @Test
  void onlyWhatMayBeTrainedIsInIt() {
    ParameterLayout layout =
        ParameterLayout.of(TENSORS, name -> name.contains("mlp"), names("*.bias"), NONE, 4);
    assertThat(flat(layout)).containsExactly(5, 6, 7, 8);
    assertThatThrownBy(
            () ->
                ParameterLayout.of(
                    TENSORS, name -> name.contains("mlp"), names("embed.*"), NONE, 4))
        .hasMessage(
            "train.freeze has embed.*, which matches no parameter that is trained; the first is layers.0.mlp.weight");
  }

  @Test
  void onlyWhatShouldDecayDecays() {
    ParameterLayout layout =
        ParameterLayout.of(TENSORS, names("embed.*"), names("*norm*", "*.bias"), 3);
    Optimizer optimizer = new Optimizer(UpdateRule.ADAMW, layout, ones(layout), 1, 0.5);
    float[][] zero = layout.buckets().allocate();
    optimizer.advance();
    for (int b = 0; b < zero.length; b++) {
      optimizer.update(b, zero[b], 0, 0.1);
    }
    // No gradient, so only the decay moves weights: 1 - 0.1 x 0.5.
    assertThat(optimizer.weights(0)).containsExactly(0.95f, 0.95f, 0.95f);
    assertThat(optimizer.weights(1)).containsExactly(0.95f, 1, 1);
    assertThat(optimizer.weights(2)).containsExactly(1);
  }

  @Test
  void aPatternThatFreezesNothingIsRefused() {
    assertThatThrownBy(() -> ParameterLayout.of(TENSORS, names("layers.[1-3].*"), NONE, 3))
        .hasMessage(
            "train.freeze has layers.[1-3].*, which matches no parameter that is trained; the first is embed.weight");
    assertThatThrownBy(() -> ParameterLayout.of(TENSORS, names("*"), NONE, 3))
        .hasMessage("train.freeze leaves no parameter to train");
  }

  private static float[][] ones(ParameterLayout layout) {
    float[][] ones = layout.buckets().allocate();
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
    int[] flat = new int[(int) layout.trained()];
    for (int b = 0; b < layout.buckets().count(); b++) {
      int first = (int) layout.buckets().offset(b);
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
