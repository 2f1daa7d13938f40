package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.DivergenceScore;
import lethe.evaluate.Nearer;
import lethe.evaluate.Nearer.Comparison;
import lethe.evaluate.metric.Interval;
import lethe.evaluate.metric.KolmogorovSmirnov;
import org.junit.jupiter.api.Test;

class NearnessTest {
  private static final DistanceToRetrained ORIGINAL = distance("original", 2.0, null);

  @Test
  void saysWhatTheIntervalAllowsWithBothScales() {
    Nearer nearer = new Nearer(-0.5, new Interval(-0.75, -0.25), Comparison.NEARER);
    assertThat(
            Nearness.sentence(
                List.of(
                    ORIGINAL,
                    distance("unlearned", 1.5, nearer),
                    distance("retrained-again", 1.25, nearer))))
        .contains(
            "Nearer to the retrained model than the original was, on the documents to forget. Divergence of predictions: 1.500, the original 2.000 nats per token: -0.500 (95 % interval -0.750 to -0.250). On text that neither saw, the original is 1.400 away. A second retrained model is 1.250 away.");
    Nearer one = new Nearer(-0.5, null, Comparison.UNDECIDED);
    assertThat(Nearness.sentence(List.of(ORIGINAL, distance("unlearned", 1.5, one))).orElseThrow())
        .startsWith("Nearer to or farther from the retrained model")
        .contains("too few or too different documents to say. Divergence")
        .contains("nats per token: -0.500. On text");
  }

  @Test
  void aRuinedModelIsFarther() {
    Nearer ruined = new Nearer(null, null, Comparison.FARTHER);
    assertThat(Nearness.sentence(List.of(ORIGINAL, distance("unlearned", null, ruined))))
        .contains(
            "Farther from the retrained model than the original was, on the documents to forget: its predictions there are not finite numbers. On text that neither saw, the original is 1.400 away.");
  }

  @Test
  void withoutARetrainedModelThereIsNothingToSay() {
    assertThat(Nearness.sentence(List.of())).isEqualTo(Optional.empty());
    assertThat(Nearness.sentence(List.of(ORIGINAL))).isEmpty();
  }

  private static DistanceToRetrained distance(String model, Double divergence, Nearer nearer) {
    return new DistanceToRetrained(
        model,
        4.0,
        4.1,
        4.0,
        new KolmogorovSmirnov(0.1, 0.5),
        divergence,
        1.4,
        List.of(
            new DivergenceScore("forget", "*", 3, 1000, divergence, 0.1, 0.5, 0.2, nearer),
            new DivergenceScore("forget", "arxiv", 3, 1000, 9.0, 0.1, 0.5, 0.2, nearer)));
  }
}
