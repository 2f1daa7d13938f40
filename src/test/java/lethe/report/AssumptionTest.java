package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.KolmogorovSmirnov;
import lethe.target.Outcome;
import lethe.target.Target;
import org.junit.jupiter.api.Test;

/** What the target rests on, told from scores. */
class AssumptionTest {
  private static final Optional<Target> TARGET = Optional.of(new Target(4, Map.of("d", 4.0)));

  @Test
  void aDomainNeedsUnseenDocuments() {
    assertThat(mix(3, TARGET).holds()).isTrue();
    assertThat(mix(2, TARGET).holds()).isFalse();
    assertThat(mix(2, TARGET).finding())
        .isEqualTo("d: 10 documents to forget, 2 unseen. Fewer than 3 documents show little.");
    assertThat(mix(3, Optional.empty()).holds()).isFalse();
  }

  @Test
  void documentsShouldBeAlikeInLength() {
    // 100 tokens a document to forget
    assertThat(lengths(199).holds()).isTrue();
    assertThat(lengths(201).holds()).isFalse();
    assertThat(lengths(51).holds()).isTrue();
    assertThat(lengths(49).holds()).isFalse();
    assertThat(lengths(49).finding())
        .isEqualTo("Scored tokens per document, forget and approximate: d: 100 and 49.");
  }

  @Test
  void theModelShouldKnowUnseenDocumentsLessThanWhatItWasTrainedOn() {
    assertThat(unseen(2, 3, 3.5).holds()).isTrue();
    assertThat(unseen(2, 3, 2.5).holds()).isFalse(); // retain is known less
    assertThat(unseen(3, 2, 2.5).holds()).isFalse(); // forget is known less
  }

  @Test
  void onlyARetrainedModelTellsWhetherTheEstimateIsRight() {
    assertThat(estimate(List.of()).holds()).isNull();
    assertThat(estimate(List.of(truth(4.1, 4))).holds()).isTrue();
    assertThat(estimate(List.of(truth(3.8, 4))).holds()).isFalse();
    assertThat(estimate(List.of(truth(3.8, 4))).finding())
        .isEqualTo("Retrained: 3.800 nats per token on forget, target 4.000, off by +0.200.");
  }

  @Test
  void andWhetherForgettingMovesTheModelElsewhere() {
    assertThat(general(null).holds()).isNull();
    assertThat(general(3.1).holds()).isTrue();
    assertThat(general(3.2).holds()).isFalse();
  }

  @Test
  void domainsThatAreHarderForAnyModelDoNotMakeADocumentUnseen() {
    // Within each domain the three splits are as well known: seen documents called unseen. Retain
    // has mostly the easy domain, approximate the hard one.
    List<SplitScore> scores =
        List.of(
            score("original", "forget", "easy", 10, 9000, 2),
            score("original", "forget", "hard", 10, 1000, 5),
            score("original", "retain", "easy", 10, 9000, 2),
            score("original", "retain", "hard", 10, 1000, 5),
            score("original", "approximate", "easy", 10, 1000, 2),
            score("original", "approximate", "hard", 10, 9000, 5));
    Assumption unseen = Assumption.of(scores, List.of(), TARGET, Optional.empty(), 0.15).get(2);
    assertThat(unseen.holds()).isFalse();
    assertThat(unseen.finding())
        .isEqualTo(
            "The original model has 2.300 nats per token on them, 2.300 on forget; 2.300 and 2.300 on retain, of the domains that retain has, domains weighed like forget: it knows them as well.");
  }

  @Test
  void theRunsOwnBandSaysWhatIsNear() {
    List<SplitScore> scores = List.of(score("original", "general", "*", 10, 1000, 3));
    List<DistanceToRetrained> truths = List.of(truth(3.8, 4));
    assertThat(Assumption.of(scores, truths, TARGET, Optional.empty(), 0.15).get(4).holds())
        .isFalse();
    assertThat(Assumption.of(scores, truths, TARGET, Optional.empty(), 0.25).get(4).holds())
        .isTrue();
  }

  @Test
  void aDomainThatOneDocumentJudgesIsNamed() {
    Assumption judged =
        Assumption.of(
                List.of(),
                List.of(),
                TARGET,
                Optional.of(
                    new Verdict(
                        "unlearned",
                        Outcome.UNDECIDED,
                        4.0,
                        4,
                        0.0,
                        null,
                        0.15,
                        5,
                        7,
                        List.of("books"),
                        List.of("books", "law"),
                        null)),
                0.15)
            .get(5);
    assertThat(judged.holds()).isFalse();
    assertThat(judged.finding())
        .startsWith("Only one document of forget or approximate judges in books, law")
        .endsWith("It also steered the training in books.");
  }

  private static Assumption mix(long approximate, Optional<Target> target) {
    return of(
            List.of(
                score("original", "forget", 10, 1000, 2),
                score("original", "approximate", approximate, 100 * approximate, 4)),
            List.of(),
            target)
        .get(0);
  }

  private static Assumption lengths(long tokensADocument) {
    return of(
            List.of(
                score("original", "forget", 10, 1000, 2),
                score("original", "approximate", 3, 3 * tokensADocument, 4)),
            List.of(),
            TARGET)
        .get(1);
  }

  private static Assumption unseen(double forget, double retain, double approximate) {
    return of(
            List.of(
                score("original", "forget", 10, 1000, forget),
                score("original", "retain", 10, 1000, retain),
                score("original", "approximate", 10, 1000, approximate)),
            List.of(),
            TARGET)
        .get(2);
  }

  private static Assumption general(Double retrained) {
    List<SplitScore> scores = new ArrayList<>();
    scores.add(score("original", "general", 10, 1000, 3));
    if (retrained != null) {
      scores.add(score(ModelNames.RETRAINED, "general", 10, 1000, retrained));
    }
    return of(scores, List.of(), TARGET).get(3);
  }

  private static Assumption estimate(List<DistanceToRetrained> truths) {
    return of(List.of(), truths, TARGET).get(4);
  }

  private static List<Assumption> of(
      List<SplitScore> scores, List<DistanceToRetrained> truths, Optional<Target> target) {
    List<SplitScore> both = new ArrayList<>(scores);
    for (SplitScore s : scores) {
      both.add(score(s.model(), s.split(), SplitScore.ALL, s.documents(), s.tokens(), s.nll()));
    }
    return Assumption.of(both, truths, target, Optional.empty(), 0.15);
  }

  private static SplitScore score(
      String model, String split, long documents, long tokens, double nll) {
    return score(model, split, "d", documents, tokens, nll);
  }

  private static SplitScore score(
      String model, String split, String domain, long documents, long tokens, double nll) {
    return new SplitScore(
        model, split, domain, documents, documents, tokens, nll, 1.0, 1.0, 0.5, null);
  }

  private static DistanceToRetrained truth(double truth, double estimate) {
    return new DistanceToRetrained(
        "unlearned", 4.0, truth, estimate, new KolmogorovSmirnov(0.1, 0.5), 0.3, null, List.of());
  }
}
