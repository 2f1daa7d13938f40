package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.evaluate.Evaluation;
import lethe.evaluate.SplitScore;
import org.junit.jupiter.api.Test;

/** Figures of the models that were kept on the way, put in the order of their steps. */
class OverTrainingTest {
  @Test
  void theOriginalIsStepZeroAndTheUnlearnedModelStandsAtItsOwnStep() {
    OverTraining found =
        OverTraining.of(
                evaluation(
                    score("original", "forget", 2.0),
                    score("unlearned", "forget", 4.0),
                    score("step-100", "forget", 5.0),
                    score("step-20", "forget", 3.0),
                    score("original", "retain", 1.0),
                    score("unlearned", "retain", null), // not finite
                    score("step-20", "retain", 1.25)), // of step 100 there is none
                Optional.of(60))
            .orElseThrow();
    assertThat(found.steps()).containsExactly(0, 20, 60, 100);
    assertThat(found.end()).isEqualTo(60);
    assertThat(curve(found, "scores.nll", "forget")).containsExactly(2.0, 3.0, 4.0, 5.0);
    assertThat(curve(found, "scores.nll", "retain")).containsExactly(1.0, 1.25, null, null);
    assertThat(found.curves())
        .extracting(OverTraining.Curve::metric)
        .as("no counts")
        .containsOnly("scores.nll", "scores.accuracy");
  }

  @Test
  void whatWasKeptAtTheEndIsTheUnlearnedModel() {
    OverTraining found =
        OverTraining.of(
                evaluation(
                    score("original", "forget", 2.0),
                    score("unlearned", "forget", 4.0),
                    score("step-20", "forget", 3.5)),
                Optional.of(20))
            .orElseThrow();
    assertThat(found.steps()).containsExactly(0, 20);
    assertThat(curve(found, "scores.nll", "forget")).containsExactly(2.0, 4.0);
  }

  @Test
  void withoutARecordOfItsStepsTheUnlearnedModelIsLeftOut() {
    OverTraining found =
        OverTraining.of(
                evaluation(
                    score("original", "forget", 2.0),
                    score("unlearned", "forget", 4.0),
                    score("step-20", "forget", 3.5)),
                Optional.empty())
            .orElseThrow();
    assertThat(found.steps()).containsExactly(0, 20);
    assertThat(found.end()).isNull();
    assertThat(curve(found, "scores.nll", "forget")).containsExactly(2.0, 3.5);
  }

  @Test
  void aRunThatKeptNoneHasNone() {
    assertThat(
            OverTraining.of(
                evaluation(score("original", "forget", 2.0), score("unlearned", "forget", 4.0)),
                Optional.of(60)))
        .isEmpty();
  }

  private static List<Double> curve(OverTraining found, String metric, String split) {
    return found.curves().stream()
        .filter(c -> c.metric().equals(metric) && c.split().equals(split))
        .findFirst()
        .orElseThrow()
        .values();
  }

  private static SplitScore score(String model, String split, Double nll) {
    return new SplitScore(model, split, SplitScore.ALL, 3, 30, 300, nll, nll, nll, 0.5, null);
  }

  private static Evaluation evaluation(SplitScore... scores) {
    List<Evaluation.Model> models = new ArrayList<>();
    for (SplitScore score : scores) {
      Evaluation.Model model =
          new Evaluation.Model(score.model(), "/m", "fingerprint", 1, List.of());
      if (!models.contains(model)) {
        models.add(model);
      }
    }
    return new Evaluation(
        Evaluation.VERSION,
        ReportTest.ASKED,
        models,
        List.of(scores),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }
}
