package lethe.target;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OutcomeTest {
  @Test
  void theWholeIntervalDecides() {
    assertThat(Outcome.of(-0.1, 0.15, 0.15)).isEqualTo(Outcome.MATCHED);
    assertThat(Outcome.of(-0.9, -0.16, 0.15)).isEqualTo(Outcome.UNDER);
    assertThat(Outcome.of(0.16, 0.9, 0.15)).isEqualTo(Outcome.OVER);
  }

  @Test
  void anIntervalThatCrossesAnEdgeIsUndecided() {
    assertThat(Outcome.of(-0.54, 0.49, 0.15)).isEqualTo(Outcome.UNDECIDED); // both
    assertThat(Outcome.of(-2.15, 1.40, 0.15)).isEqualTo(Outcome.UNDECIDED);
    assertThat(Outcome.of(-0.9, -0.1, 0.15)).isEqualTo(Outcome.UNDECIDED);
    assertThat(Outcome.of(0.1, 0.9, 0.15)).isEqualTo(Outcome.UNDECIDED);
    assertThat(Outcome.of(0.15, 0.9, 0.15)).isEqualTo(Outcome.UNDECIDED); // the edge is inside
  }

  @Test
  void aSampleIsPlacedByThePoint() {
    assertThat(Outcome.of(0.15, 0.15)).isEqualTo(Outcome.MATCHED);
    assertThat(Outcome.of(-0.2, 0.15)).isEqualTo(Outcome.UNDER);
    assertThat(Outcome.of(Double.NaN, 0.15)).isEqualTo(Outcome.OVER);
  }
}
