package lethe.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Labels that were made once, as numbers. */
class LikeliestTokensTest {
  private static final LikeliestTokens TWO =
      new LikeliestTokens(
          new float[] {0.5f, 1f},
          new int[] {7, 1, 70_000, 3},
          new float[] {0.3f, 0.1f, 0, 0},
          new float[] {0.1f, 0});

  @Test
  void areTheSameAfterATrip() {
    assertThat(LikeliestTokens.of(TWO.bytes())).usingRecursiveComparison().isEqualTo(TWO);
    LikeliestTokens none =
        new LikeliestTokens(new float[0], new int[0], new float[0], new float[0]);
    assertThat(LikeliestTokens.of(none.bytes())).usingRecursiveComparison().isEqualTo(none);
    assertThat(none.likeliest()).isZero();
    assertThat(TWO.bytes()).as("8 bytes for each token, and the number of positions").hasSize(52);
  }

  @Test
  void anotherTruthLeavesTheOthersTheirProportions() {
    LikeliestTokens changed = TWO.withTruth(probability -> probability / 5);
    assertThat(changed.truth()).containsExactly(new float[] {0.1f, 0.2f}, within(1e-6f));
    assertThat(changed.probabilities())
        .containsExactly(new float[] {0.54f, 0.18f, 0, 0}, within(1e-6f));
    assertThat(changed.rest())
        .as("where the true token was certain all that is left goes to the rest")
        .containsExactly(new float[] {0.18f, 0.8f}, within(1e-6f));
    assertThat(changed.ids()).isEqualTo(TWO.ids());
  }

  @Test
  void aTruthScaledByOneIsUnchangedInTheLastBitsToo() {
    LikeliestTokens same = TWO.withTruth(p -> new TruthChange.Scaled(1).of("d", p));
    assertThat(same.truth()).isEqualTo(TWO.truth());
    assertThat(same.probabilities()).containsExactly(TWO.probabilities(), within(1e-7f));
  }

  @Test
  void partsThatDoNotFitAreRefused() {
    assertThatThrownBy(
            () -> new LikeliestTokens(new float[2], new int[3], new float[3], new float[2]))
        .hasMessage(
            "Cannot read labels of 2 positions with 3 other tokens, 3 probabilities and 2 rests");
  }
}
