package lethe.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lethe.target.Bisection.Tried;
import org.junit.jupiter.api.Test;

/** The search for the amount that brings a loss to its target. */
class BisectionTest {
  private static final Bisection TO_FOUR = new Bisection(4, 0.01, 16, 14);

  @Test
  void halvesTheRangeInWhichTheLossPassesTheTarget() {
    List<Tried> tried = TO_FOUR.search(scale -> 2 + scale * scale / 2); // 4 at 2, so at once
    assertThat(tried).containsExactly(new Tried(1, 2.5), new Tried(2, 4.0));
    tried = TO_FOUR.search(scale -> 2 + 0.8 * scale); // 4 at 2.5
    assertThat(tried).extracting(Tried::scale).containsExactly(1.0, 2.0, 4.0, 3.0, 2.5);
    assertThat(TO_FOUR.nearest(tried, 0.1)).contains(new Tried(2.5, 4.0));
  }

  @Test
  void aLossThatIsNotFiniteIsAboveTheTarget() {
    List<Tried> tried = TO_FOUR.search(scale -> scale > 0.7 ? Double.NaN : 2 + 4 * scale);
    assertThat(tried).containsExactly(new Tried(1, null), new Tried(0.5, 4.0)); // as from infinity
  }

  @Test
  void aVectorThatDoesNotReachItIsTriedToTheMost() {
    List<Tried> tried = TO_FOUR.search(scale -> 3 - 1 / scale);
    assertThat(tried).extracting(Tried::scale).containsExactly(1.0, 2.0, 4.0, 8.0, 16.0);
    assertThat(TO_FOUR.nearest(tried, 0.1)).isEmpty();
  }

  @Test
  void aLeapOverTheTargetEndsAfterAFewRoundsWithoutAnAmount() {
    List<Tried> tried = TO_FOUR.search(scale -> scale < 0.3 ? 2 : 9);
    assertThat(tried).hasSize(14);
    assertThat(TO_FOUR.nearest(tried, 0.1)).isEmpty();
  }
}
