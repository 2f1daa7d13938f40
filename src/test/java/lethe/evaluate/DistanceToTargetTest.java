package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import lethe.evaluate.metric.Interval;
import lethe.target.DocumentHalves;
import lethe.target.Outcome;
import org.junit.jupiter.api.Test;

class DistanceToTargetTest {
  @Test
  void byHand() {
    // Means 4 and 6 of forget, 3 and 5 of approximate: D = 5 - 4, each mean has variance 2 / 2.
    DistanceToTarget distance =
        DistanceToTarget.of(
            Map.of("d", List.of(document(10, 4), document(10, 6))),
            Map.of("d", List.of(document(20, 3), document(20, 5))));
    assertThat(distance.nats()).isEqualTo(1);
    double half = 4.302653 * Math.sqrt(2); // t(0.975) of 2 degrees of freedom, from a table
    assertThat(distance.interval().low()).isCloseTo(1 - half, within(1e-5));
    assertThat(distance.interval().high()).isCloseTo(1 + half, within(1e-5));
  }

  @Test
  void theDocumentsItWouldTakeByHand() {
    // As above: four documents of variance 1 each, D = 1. Ten times as many have a variance of 0.2
    // and
    // 4 / (2 / (2 * 10 - 1)) = 38 degrees of freedom: half the interval is 2.024394 sqrt(0.2) =
    // 0.905337.
    DistanceToTarget distance =
        DistanceToTarget.of(
            Map.of("d", List.of(document(10, 4), document(10, 6))),
            Map.of("d", List.of(document(20, 3), document(20, 5))));
    assertThat(DocumentsToDecide.of(distance, 1 - 0.90534, 2, 2))
        .contains(new DocumentsToDecide(20, 20));
    assertThat(DocumentsToDecide.of(distance, 1 - 0.90533, 2, 3)) // a hair less room
        .contains(new DocumentsToDecide(21, 31));
    assertThat(DocumentsToDecide.of(distance, 1 + 0.90534, 2, 2))
        .as("in the band")
        .contains(new DocumentsToDecide(20, 20));
    assertThat(DocumentsToDecide.of(distance, 1, 2, 2)).as("at the edge").isEmpty();
  }

  @Test
  void onlyAnUndecidedVerdictSaysHowManyDocumentsItWouldTake() {
    List<DocumentScore> original =
        List.of(
            named("approximate", "u", 3),
            named("approximate", "v", 3.2),
            named("approximate", "w", 3),
            named("approximate", "x", 3.2));
    Verdict undecided =
        Verdict.of(
                original,
                List.of(
                    named("forget", "a", 3),
                    named("forget", "b", 3.4),
                    named("forget", "c", 3),
                    named("forget", "d", 3.4)),
                "unlearned",
                0.3)
            .orElseThrow();
    assertThat(undecided.outcome()).isEqualTo(Outcome.UNDECIDED);
    assertThat(undecided.toDecide().forget()).isGreaterThan(undecided.forgetDocuments());
    assertThat(undecided.toDecide().approximate()).isGreaterThan(undecided.approximateDocuments());
    Verdict wide =
        Verdict.of(original, List.of(named("forget", "a", 3), named("forget", "b", 3.1)), "m", 9)
            .orElseThrow();
    assertThat(wide.outcome()).isEqualTo(Outcome.MATCHED);
    assertThat(wide.toDecide()).isNull();
    assertThat(
            Verdict.of(
                List.of(named("approximate", "u", Double.NaN)),
                List.of(named("forget", "a", 3)),
                "unlearned",
                0.3))
        .as("a ruined original model")
        .isEmpty();
  }

  @Test
  void aSoleDocumentVariesAsOthersDoWhereTheyVaryMost() {
    // Domain a as above, with a quarter of the tokens; b has three quarters and one document each.
    DistanceToTarget distance =
        DistanceToTarget.of(
            Map.of("a", List.of(document(10, 4), document(10, 6)), "b", List.of(document(60, 7))),
            Map.of("a", List.of(document(20, 3), document(20, 5)), "b", List.of(document(50, 7))));
    assertThat(distance.nats()).isEqualTo(0.25);
    // Of forget in a the residuals are (4 - 4.25) / 8 and (6 - 4.25) / 8: 2 (s / 8)^2, s^2 = 2.
    double known = 2 * 2 / 64.0;
    double unseen = 2 * 2 / 64.0;
    double borrowed = 0.75 * 0.75 * 2; // share^2 s^2, once of forget, once of approximate
    double variance = known + unseen + 2 * borrowed; // 2.375, of 2.22 degrees of freedom
    double half = (distance.interval().high() - distance.interval().low()) / 2;
    assertThat(half / Math.sqrt(variance)).isBetween(3.182, 4.303); // t of 3 and of 2
  }

  @Test
  void withoutTwoDocumentsAnywhereNothingSaysHowSureItIs() {
    DistanceToTarget distance =
        DistanceToTarget.of(
            Map.of("a", List.of(document(10, 4)), "b", List.of(document(10, 4))),
            Map.of("a", List.of(document(10, 4)), "b", List.of(document(10, 4))));
    assertThat(distance.nats()).isZero();
    assertThat(distance.interval()).isNull();
    Verdict verdict =
        Verdict.of(
                List.of(named("approximate", "u", 4)),
                List.of(named("forget", "f", 4)),
                "unlearned",
                0.15)
            .orElseThrow();
    assertThat(verdict.outcome()).isEqualTo(Outcome.UNDECIDED);
    assertThat(verdict.single()).containsExactly("d");
    assertThat(verdict.sole()).containsExactly("d");
  }

  @Test
  void theIntervalOfFewDocumentsHoldsTheTruthAsOftenAsItSays() {
    SplittableRandom random = new SplittableRandom(5);
    int held = 0;
    int rounds = 2000;
    for (int round = 0; round < rounds; round++) {
      Interval interval = drawn(random, 0, 1, 1).interval();
      held += interval.low() <= 0 && interval.high() >= 0 ? 1 : 0;
    }
    assertThat((double) held / rounds).isBetween(0.935, 0.985); // sigma 0.005
  }

  @Test
  void aModelAtTheEdgeOfTheBandIsSeldomCalledMatchedOrBeyond() {
    SplittableRandom random = new SplittableRandom(6);
    int matched = 0;
    int beyond = 0;
    int rounds = 2000;
    for (int round = 0; round < rounds; round++) {
      Interval interval = drawn(random, 0.5, 0.3, 3).interval();
      Outcome outcome = Outcome.of(interval.low(), interval.high(), 0.5);
      matched += outcome == Outcome.MATCHED ? 1 : 0;
      beyond += outcome == Outcome.OVER ? 1 : 0;
    }
    assertThat((double) matched / rounds).isBetween(0.005, 0.04); // 0.025
    assertThat((double) beyond / rounds).isBetween(0.005, 0.04);
  }

  /** Two domains, 4 and 3 documents of forget, 6 and 5 of approximate, or some times as many. */
  private static DistanceToTarget drawn(
      SplittableRandom random, double distance, double deviation, int times) {
    return DistanceToTarget.of(
        Map.of(
            "a", documents(random, 4 * times, 2 + distance, deviation),
            "b", documents(random, 3 * times, 5 + distance, deviation)),
        Map.of(
            "a", documents(random, 6 * times, 2, deviation),
            "b", documents(random, 5 * times, 5, deviation)));
  }

  private static List<DocumentScore> documents(
      SplittableRandom random, int count, double mean, double deviation) {
    return IntStream.range(0, count)
        .mapToObj(
            i -> document(random.nextInt(500, 1500), mean + deviation * random.nextGaussian()))
        .toList();
  }

  /**
   * Domain a: forget 2 and 4 (mean 3), approximate 1 and 3 (mean 2): +1, and each mean has a
   * variance of 2 / 2, so the interval is t(0.975) of 2 degrees of freedom times the root of 2
   * either way. Domain b: one document each, 5 and 5.5. Domain c: nothing unseen. Domain d: a
   * ruined model. Domain e: a ruined original.
   */
  @Test
  void eachDomainIsJudgedAloneAgainstItsOwnTarget() {
    List<DocumentScore> forget = new ArrayList<>();
    forget.addAll(half("a", "forget", 2, 4));
    forget.addAll(half("b", "forget", 5));
    forget.addAll(half("c", "forget", 6));
    forget.addAll(half("d", "forget", Double.NaN, 3));
    forget.addAll(half("e", "forget", 3, 3));
    List<DocumentScore> unseen = new ArrayList<>();
    unseen.addAll(half("a", "approximate", 1, 3));
    unseen.addAll(half("b", "approximate", 5.5));
    unseen.addAll(half("d", "approximate", 1, 3));
    unseen.addAll(half("e", "approximate", Double.NaN, 3));
    unseen.addAll(half("not to forget", "approximate", 1, 3));
    List<DomainVerdict> verdicts = DomainVerdict.of(unseen, forget, "unlearned", 0.5);
    assertThat(verdicts).extracting(DomainVerdict::domain).containsExactly("a", "b", "c", "d", "e");
    DomainVerdict a = verdicts.get(0);
    double around = 4.302653 * Math.sqrt(2);
    assertThat(a.nll()).isEqualTo(3);
    assertThat(a.target()).isEqualTo(2);
    assertThat(a.distance()).isEqualTo(1);
    assertThat(a.interval().low()).isCloseTo(1 - around, within(1e-5));
    assertThat(a.interval().high()).isCloseTo(1 + around, within(1e-5));
    assertThat(a.outcome()).isEqualTo(Outcome.UNDECIDED);
    assertThat(a.forgetDocuments()).isEqualTo(2);
    assertThat(a.toDecide().forget()).isGreaterThan(2);
    assertThat(a.reason()).endsWith("the interval crosses an edge of the band");
    assertThat(verdicts.get(1))
        .isEqualTo(
            new DomainVerdict(
                "unlearned",
                "b",
                Outcome.UNDECIDED,
                5.0,
                5.5,
                -0.5,
                null,
                0.5,
                1,
                1,
                null,
                "neither forget nor approximate has two documents of it to judge by, so the uncertainty of the distance is unknown"));
    assertThat(verdicts.get(2))
        .isEqualTo(
            new DomainVerdict(
                "unlearned",
                "c",
                Outcome.UNDECIDED,
                6.0,
                null,
                null,
                null,
                0.5,
                1,
                0,
                null,
                "it has no approximate document, so its target is unknown"));
    assertThat(verdicts.get(3).outcome()).isEqualTo(Outcome.OVER);
    assertThat(verdicts.get(3).nll()).isNull();
    assertThat(verdicts.get(3).distance()).isNull();
    assertThat(verdicts.get(3).reason()).contains("is not a finite number");
    assertThat(verdicts.get(4).outcome()).isEqualTo(Outcome.UNDECIDED);
    assertThat(verdicts.get(4).target()).isNull();
    assertThat(verdicts.get(4).reason()).contains("the original model's loss");
    assertThat(DomainVerdict.of(unseen, half("a", "forget", 2, 4), "m", 9).get(0))
        .extracting(DomainVerdict::outcome, DomainVerdict::toDecide, DomainVerdict::reason)
        .containsExactly(Outcome.MATCHED, null, null);
  }

  /** Distances weighed by judging tokens add up; the verdict does not change with its parts. */
  @Test
  void domainsAddUpToTheVerdictAndDoNotDecideIt() {
    List<DocumentScore> forget = new ArrayList<>(half("a", "forget", 2.0, 2.2, 2.1));
    forget.addAll(half("b", "forget", 6.0, 6.2, 6.1));
    List<DocumentScore> unseen = new ArrayList<>(half("a", "approximate", 4.0, 4.2, 4.1));
    unseen.addAll(half("b", "approximate", 4.0, 4.2, 4.1));
    List<DomainVerdict> verdicts = DomainVerdict.of(unseen, forget, "unlearned", 0.5);
    assertThat(verdicts)
        .extracting(DomainVerdict::outcome)
        .containsExactly(Outcome.UNDER, Outcome.OVER);
    Verdict all = Verdict.of(unseen, forget, "unlearned", 0.5).orElseThrow();
    assertThat(all.outcome()).isEqualTo(Outcome.MATCHED);
    assertThat(all.distance())
        .isCloseTo((verdicts.get(0).distance() + verdicts.get(1).distance()) / 2, within(1e-12));
  }

  /**
   * Documents of which those with the given losses judge; those that steer, as many, have losses
   * that nobody may see in the verdict.
   */
  private static List<DocumentScore> half(String domain, String split, double... losses) {
    List<String> ids =
        IntStream.range(0, losses.length == 1 ? 1 : 2 * losses.length)
            .mapToObj(i -> domain + i)
            .toList();
    List<String> judging = ids.stream().filter(DocumentHalves.judging(ids)::contains).toList();
    return ids.stream()
        .map(
            id -> {
              int i = judging.indexOf(id);
              double mean = i < 0 ? 99 : losses[i];
              return new DocumentScore(split, domain, id, 1, 10, mean * 10, mean, 0, 0);
            })
        .toList();
  }

  private static DocumentScore document(long tokens, double mean) {
    return new DocumentScore("s", "d", "i", 1, tokens, mean * tokens, mean, 0, 0);
  }

  private static DocumentScore named(String split, String id, double mean) {
    return new DocumentScore(split, "d", id, 1, 10, mean * 10, mean, 0, 0);
  }
}
