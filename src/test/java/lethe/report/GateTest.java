package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lethe.evaluate.DocumentsToDecide;
import lethe.evaluate.Robustness;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.Interval;
import lethe.report.Condition.State;
import lethe.target.Outcome;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final GateLimits LIMITS = new GateLimits(0.15, "report.limits.damage");

  @Test
  void aRunThatMeetsAllConditionsPasses() {
    List<Condition> conditions =
        judge(
            evidence(verdict(Outcome.MATCHED, 0.01, new Interval(-0.1, 0.1), null))
                .damage(score("retain", "*", 2.0, 2.1))
                .robust(check("int4", true)));
    assertThat(conditions).extracting(Condition::state).containsOnly(State.PASSED);
    assertThat(conditions).extracting(Condition::name).startsWith("matched", "damage");
    assertThat(Gate.refusal(conditions)).isEmpty();
  }

  @Test
  void gradientAscentAtItsTargetIsRefusedForWhatItRuined() {
    // Its mean is where it should be, and every domain of retain is not.
    Optional<String> refusal =
        Gate.refusal(
            judge(
                evidence(verdict(Outcome.MATCHED, 0.01, new Interval(-0.1, 0.1), null))
                    .damage(
                        score("retain", "*", 2.0, 2.1),
                        score("retain", "large", 2.0, 2.05),
                        score("retain", "small", 2.0, 5.0))
                    .robust(check("int4", true))));
    assertThat(refusal)
        .contains(
            "report.limits.damage is 0.15, the loss on domain small of retain rose by 3.000 nats per token");
  }

  @Test
  void anUndecidedRunIsRefusedAndToldHowManyDocumentsItWouldTake() {
    Optional<String> refusal =
        Gate.refusal(
            judge(
                evidence(
                        verdict(
                            Outcome.UNDECIDED,
                            -0.1,
                            new Interval(-0.25, 0.04),
                            new DocumentsToDecide(1060, 2826)))
                    .damage(score("retain", "*", 2.0, 2.0))
                    .robust(check("int4", true))));
    assertThat(refusal)
        .contains(
            "report.require is matched, the verdict is undecided: the 95 % interval of the distance is -0.250 to +0.040; more documents make it narrower: about 1,060 of forget and 2,826 of approximate in the judging half, in place of 6 and 16, would decide if they were like these");
  }

  @Test
  void aRunWithoutFiniteLossesIsRefusedEverywhere() {
    List<Condition> conditions =
        judge(
            evidence(verdict(Outcome.OVER, null, null, null))
                .damage(
                    score("retain", "*", 2.0, 9.0),
                    score("holdout", "*", 2.0, null),
                    score("holdout", "law", 2.0, null),
                    score("holdout", "art", 2.0, 2.0)));
    assertThat(Gate.refusal(conditions).orElseThrow().split("\n"))
        .containsExactly(
            "report.require is matched, the verdict is over: the forget loss is not a finite number",
            "report.limits.damage is 0.15, the loss on holdout is not a finite number; the loss on domain law of holdout is not a finite number; the loss on retain rose by 7.000 nats per token",
            "report.require names robustness, which was not measured: no check of it was made with this model");
  }

  @Test
  void whatWasNotMeasuredIsRefusedOnlyWhereItIsRequired() {
    EvidenceOf nothing = new EvidenceOf(Optional.empty());
    List<Condition> conditions = judge(nothing);
    assertThat(conditions).extracting(Condition::state).containsOnly(State.NOT_MEASURED);
    assertThat(Gate.refusal(conditions).orElseThrow().lines())
        .hasSize(conditions.size())
        .contains(
            "report.require is matched, the verdict is none",
            "report.limits.damage is 0.15, and no split to be kept was scored with both models");
    List<Condition> free = new Gate(Set.of(), LIMITS).judge(nothing.evidence());
    assertThat(free).extracting(Condition::required).containsOnly(false);
    assertThat(free).extracting(Condition::name).startsWith("matched");
    assertThat(Gate.refusal(free)).isEmpty();
  }

  @Test
  void robustnessCountsOnlyOfTheModelThatIsReported() {
    EvidenceOf run = evidence(verdict(Outcome.MATCHED, 0.0, new Interval(-0.1, 0.1), null));
    Robustness.Check fails = check("relearning", false);
    assertThat(robustness(run.robust(check("int4", true), fails)))
        .satisfies(c -> assertThat(c.state()).isEqualTo(State.FAILED))
        .satisfies(
            c ->
                assertThat(c.finding())
                    .isEqualTo("robustness: relearning: it came to 0.3, the limit is 0.2"));
    assertThat(robustness(run.robust()).state()).isEqualTo(State.NOT_MEASURED);
    EvidenceOf other =
        run.robust(new Robustness(1, "of another model", List.of(check("int4", true))));
    assertThat(robustness(other).state()).isEqualTo(State.NOT_MEASURED);
    assertThat(robustness(other).finding()).endsWith("were made with another model");
  }

  private static Condition robustness(EvidenceOf run) {
    return judge(run).stream().filter(c -> c.name().equals("robustness")).findFirst().orElseThrow();
  }

  /** Everything but the verdicts under and over is required. */
  private static List<Condition> judge(EvidenceOf run) {
    Set<Requirement> all = EnumSet.complementOf(EnumSet.of(Requirement.UNDER, Requirement.OVER));
    return new Gate(all, LIMITS).judge(run.evidence());
  }

  private static EvidenceOf evidence(Verdict verdict) {
    return new EvidenceOf(Optional.of(verdict));
  }

  /** Evidence in the making. */
  private record EvidenceOf(
      Optional<Verdict> verdict, List<Damage> damage, Optional<Robustness> robustness) {
    EvidenceOf(Optional<Verdict> verdict) {
      this(verdict, List.of(), Optional.empty());
    }

    EvidenceOf damage(SplitScore[]... scores) {
      List<SplitScore> all =
          java.util.Arrays.stream(scores).flatMap(java.util.Arrays::stream).toList();
      return new EvidenceOf(verdict, Damage.all(all, "unlearned"), robustness);
    }

    EvidenceOf robust(Robustness.Check... checks) {
      return robust(new Robustness(1, "aa", List.of(checks)));
    }

    EvidenceOf robust(Robustness made) {
      return new EvidenceOf(verdict, damage, Optional.of(made));
    }

    Gate.Evidence evidence() {
      return new Gate.Evidence(Optional.of("aa"), verdict, 0.15, damage, robustness);
    }
  }

  private static Robustness.Check check(String name, boolean passed) {
    return new Robustness.Check(name, passed, 0.3, 0.2, "it came to 0.3, the limit is 0.2");
  }

  private static Verdict verdict(
      Outcome outcome, Double distance, Interval interval, DocumentsToDecide toDecide) {
    return new Verdict(
        "unlearned",
        outcome,
        distance,
        4,
        distance,
        interval,
        0.15,
        6,
        16,
        List.of(),
        List.of(),
        toDecide);
  }

  /** Before and after. */
  private static SplitScore[] score(String split, String domain, double before, Double after) {
    return new SplitScore[] {
      score("original", split, domain, before), score("unlearned", split, domain, after)
    };
  }

  private static SplitScore score(String model, String split, String domain, Double nll) {
    return new SplitScore(model, split, domain, 3, 5, 1000, nll, null, null, 0.5, null);
  }
}
