package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lethe.evaluate.EntropyGap.Sureness;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class EntropyGapTest {
  private static final Offset<Double> EXACT = Offset.offset(1e-9);

  @Test
  void domainsAreWeighedLikeForgetAndThoseWithoutUnseenTextLeftOut() {
    List<DocumentScore> judged =
        List.of(
            document("forget", "a", 10, 40),
            document("forget", "b", 30, 60),
            document("forget", "c", 50, 900),
            document("retain", "a", 10, 990));
    List<DocumentScore> original =
        List.of(
            document("approximate", "a", 20, 40),
            document("approximate", "b", 20, 60),
            document("approximate", "d", 20, 990));
    List<EntropyGap> gaps = EntropyGap.of("m", judged, original);
    assertThat(gaps).extracting(EntropyGap::domain).containsExactly("*", "a", "b");
    assertThat(gaps.get(0).forget()).isCloseTo(100 / 40.0, EXACT);
    assertThat(gaps.get(0).difference()).isCloseTo((10 * (4 - 2) + 30 * (2 - 3)) / 40.0, EXACT);
    assertThat(gaps.get(1).difference()).isCloseTo(4 - 2, EXACT);
    assertThat(gaps.get(2).approximate()).isCloseTo(3, EXACT);
    assertThat(gaps.get(2).outcome()).isEqualTo(Sureness.UNDECIDED); // sole documents
    assertThat(EntropyGap.of("m", judged, List.of())).isEmpty();
  }

  @Test
  void theIntervalSaysFlatterPeakedOrAlike() {
    assertThat(gap(30, 31).outcome()).isEqualTo(Sureness.FLATTER);
    assertThat(gap(10, 11).outcome()).isEqualTo(Sureness.PEAKED);
    assertThat(gap(20, 21).outcome()).isEqualTo(Sureness.ALIKE);
    assertThat(gap(20, Double.NaN).outcome()).isEqualTo(Sureness.UNDECIDED);
    assertThat(gap(20, Double.NaN).difference()).isNull();
  }

  private static EntropyGap gap(double one, double other) {
    return EntropyGap.of(
            "m",
            List.of(document("forget", "a", 10, one), document("forget", "a", 10, other)),
            List.of(document("approximate", "a", 10, 20), document("approximate", "a", 10, 21)))
        .get(0);
  }

  /** With an entropy in place of the loss. */
  private static DocumentScore document(String split, String domain, long tokens, double entropy) {
    return new DocumentScore(split, domain, "x", 1, tokens, entropy, 0, 0, 0);
  }
}
