package lethe.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lethe.settings.InvalidSettings;
import org.junit.jupiter.api.Test;

class RepeatedLabelsTest {
  private static final RepeatedLabels TWO = RepeatedLabels.of("No idea", new int[] {7, 9}, 10);

  @Test
  void beginWhereATextsOwnLabelsDo() {
    assertThat(TWO.labels(6, 0)).containsExactly(-100, 7, 9, 7, 9, 7);
    assertThat(TWO.labels(6, 1)).containsExactly(-100, 7, 9, 7, 9, 7);
    assertThat(TWO.labels(6, 3)).containsExactly(-100, -100, -100, 7, 9, 7);
    assertThat(TWO.labels(3, 5)).as("a question without an answer").containsOnly(-100);
  }

  @Test
  void aTextWithoutTokensOfTheModelIsRefused() {
    assertThatThrownBy(() -> RepeatedLabels.of("No idea", new int[] {7, 9}, 9))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "unlearn.jsd-text must be a text of tokens that the model has, those below 9, was \"No idea\", which is [7, 9]; choose another");
    assertThatThrownBy(() -> RepeatedLabels.of("?", new int[0], 9))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("was \"?\", which is []");
  }
}
