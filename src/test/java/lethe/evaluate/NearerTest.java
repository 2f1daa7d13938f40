package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lethe.evaluate.Nearer.Comparison;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class NearerTest {
  private static final Offset<Double> EXACT = Offset.offset(1e-9);

  @Test
  void theIntervalIsThatOfThePairedDifferences() {
    // One domain, documents of 10 tokens: differences of -1, -2 and -3 nats per token, a paired
    // t-test.
    List<DocumentDivergence> original =
        List.of(document("a", 20), document("a", 30), document("a", 50));
    List<DocumentDivergence> model =
        List.of(document("a", 10), document("a", 10), document("a", 20));
    Nearer nearer = Nearer.of(model, original);
    assertThat(nearer.difference()).isCloseTo(-2, EXACT);
    double half =
        4.302652729749464 / Math.sqrt(3); // t(0.975, 2) times a standard error of 1 / sqrt 3
    assertThat(nearer.interval().low()).isCloseTo(-2 - half, EXACT);
    assertThat(nearer.interval().high()).isCloseTo(-2 + half, EXACT);
    assertThat(nearer.outcome()).isEqualTo(Comparison.UNDECIDED); // up to 0.48
  }

  @Test
  void domainsThatDifferDoNotWidenTheInterval() {
    List<DocumentDivergence> original =
        List.of(document("a", 10), document("a", 10), document("b", 90), document("b", 91));
    List<DocumentDivergence> model =
        List.of(document("a", 5), document("a", 6), document("b", 10), document("b", 10));
    Nearer nearer = Nearer.of(model, original);
    assertThat(nearer.difference()).isCloseTo((-5 - 4 - 80 - 81) / 40.0, EXACT);
    // Each stratum: residuals +- 0.5 / 40, n s^2 = 2 * 2 * (0.5 / 40)^2; both alike, so 2 degrees
    // of freedom.
    double half = 4.302652729749464 * Math.sqrt(2 * 4 * Math.pow(0.5 / 40, 2));
    assertThat(nearer.interval().high() - nearer.interval().low()).isCloseTo(2 * half, EXACT);
    assertThat(nearer.outcome()).isEqualTo(Comparison.NEARER);
    assertThat(Nearer.of(original, model).outcome()).isEqualTo(Comparison.FARTHER);
  }

  @Test
  void aRuinedModelIsFartherAndASoleDocumentUndecided() {
    assertThat(Nearer.of(List.of(document("a", Double.NaN)), List.of(document("a", 1))))
        .isEqualTo(new Nearer(null, null, Comparison.FARTHER));
    assertThat(Nearer.of(List.of(document("a", 10)), List.of(document("a", 20))))
        .isEqualTo(new Nearer(-1.0, null, Comparison.UNDECIDED));
  }

  private static DocumentDivergence document(String domain, double kl) {
    return new DocumentDivergence("forget", domain, "d", 10, kl, 0, 0);
  }
}
