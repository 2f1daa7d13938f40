package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lethe.evaluate.DocumentsToDecide;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.MemoryComparison;
import lethe.evaluate.Robustness;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.Interval;
import lethe.report.Condition.State;
import lethe.target.Outcome;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final GateLimits LIMITS = new GateLimits(0.15, "report.limits.damage", 0.1, 0.05);

  @Test
  void aRunThatMeetsAllConditionsPasses() {
    List<Condition> conditions =
        judge(
            evidence(verdict(Outcome.MATCHED, 0.01, new Interval(-0.1, 0.1), null))
                .damage(score("retain", "*", 2.0, 2.1))
                .robust(check("int4", true)));
    assertThat(conditions).extracting(Condition::state).containsOnly(State.PASSED);
    assertThat(conditions)
        .extracting(Condition::name)
        .containsExactly("matched", "damage", "membership", "memory", "robustness");
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
    EvidenceOf nothing = new EvidenceOf(Optional.empty()).members().written();
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
  void gradientAscentAtItsTargetIsRefusedByMembershipAndMemoryToo() {
    // In one domain the documents are far worse known than unseen text, in another one still known:
    // their mean is where it should be.
    EvidenceOf run =
        evidence(verdict(Outcome.MATCHED, 0.01, new Interval(-0.1, 0.1), null))
            .members(
                attack("*", "loss", 0.5, null, new Interval(-0.05, 0.05)),
                attack("worse", "loss", 0.04, null, new Interval(-0.5, -0.4)),
                attack("known", "loss", 0.96, null, new Interval(0.4, 0.5)),
                attack("few", "loss", 0.8, null, new Interval(-0.2, 0.8)),
                attack("worse", "min-k-90", 0.04, null, new Interval(-0.5, -0.4)))
            .written(
                memorised("*", 0.01, new Interval(-0.02, 0.04), 0.01, 0.0),
                memorised("known", 0.3, new Interval(0.2, 0.4), 0.02, 0.0),
                memorised("worse", -0.3, new Interval(-0.4, -0.2), 0.0, 0.0));
    assertThat(condition("membership", run).state()).isEqualTo(State.FAILED);
    assertThat(condition("membership", run).finding())
        .isEqualTo(
            "report.limits.membership is 0.1, the AUC by loss in domain worse is 0.040, chance is 0.500: -0.460 (95 % interval -0.500 to -0.400); the AUC by loss in domain known is 0.960, chance is 0.500: +0.460 (95 % interval +0.400 to +0.500)");
    assertThat(condition("memory", run).state()).isEqualTo(State.FAILED);
    assertThat(condition("memory", run).finding())
        .isEqualTo(
            "report.limits.memory is 0.05, 1.00 % of the chunks to forget over all domains are extracted, of unseen text 0.00 %; the extraction strength of forget in domain known is 0.3200, of unseen text 0.0200: +0.3000 (95 % interval +0.2000 to +0.4000); 2.00 % of the chunks to forget in domain known are extracted, of unseen text 0.00 %");
  }

  @Test
  void membershipIsJudgedByTheRetrainedModelWhereThereIsOne() {
    EvidenceOf run = evidence(verdict(Outcome.MATCHED, 0.01, new Interval(-0.1, 0.1), null));
    EvidenceOf likeIt = run.members(attack("*", "loss", 0.3, 0.31, new Interval(-0.05, 0.03)));
    assertThat(condition("membership", likeIt).state()).isEqualTo(State.PASSED);
    assertThat(condition("membership", likeIt).finding())
        .endsWith(
            "is 0.300, the retrained model has 0.310: -0.010 (95 % interval -0.050 to +0.030)");
    EvidenceOf atChance = run.members(attack("*", "loss", 0.5, 0.31, new Interval(0.15, 0.25)));
    assertThat(condition("membership", atChance).state()).isEqualTo(State.FAILED);
  }

  @Test
  void tooFewDocumentsForAStatementPassNothing() {
    EvidenceOf run = evidence(verdict(Outcome.MATCHED, 0.01, new Interval(-0.1, 0.1), null));
    EvidenceOf wide =
        run.members(attack("*", "zlib", 0.5, null, new Interval(-0.2, 0.2)))
            .written(memorised("*", 0.0, new Interval(-0.2, 0.2), null, null));
    assertThat(condition("membership", wide).state()).isEqualTo(State.FAILED);
    assertThat(condition("membership", wide).finding()).endsWith(", not shown to be within");
    assertThat(condition("memory", wide).state()).isEqualTo(State.FAILED);
    EvidenceOf unknown =
        run.members(attack("*", "zlib", 0.5, null, null))
            .written(memorised("*", 0.0, null, null, null));
    assertThat(condition("membership", unknown).state()).isEqualTo(State.NOT_MEASURED);
    assertThat(condition("memory", unknown).state()).isEqualTo(State.NOT_MEASURED);
    EvidenceOf lonely = run.without("books", "law");
    assertThat(condition("membership", run).state()).isEqualTo(State.PASSED);
    assertThat(condition("membership", lonely).state()).isEqualTo(State.NOT_MEASURED);
    assertThat(condition("membership", lonely).finding())
        .endsWith("; not measured for want of approximate text: books, law");
    assertThat(condition("memory", lonely).refuses()).isTrue();
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
    return condition("robustness", run);
  }

  private static Condition condition(String name, EvidenceOf run) {
    return judge(run).stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  /** Everything is required but the verdicts under and over, and what only a chain of runs has. */
  private static List<Condition> judge(EvidenceOf run) {
    Set<Requirement> all =
        EnumSet.complementOf(EnumSet.of(Requirement.UNDER, Requirement.OVER, Requirement.EARLIER));
    return new Gate(all, LIMITS).judge(run.evidence());
  }

  private static EvidenceOf evidence(Verdict verdict) {
    return new EvidenceOf(Optional.of(verdict));
  }

  /** Evidence in the making: its membership and memory are as they should be. */
  private record EvidenceOf(
      Optional<Verdict> verdict,
      List<Damage> damage,
      List<MembershipScore> membership,
      List<MemoryComparison> memory,
      List<String> leftOut,
      Optional<Robustness> robustness) {
    EvidenceOf(Optional<Verdict> verdict) {
      this(
          verdict,
          List.of(),
          List.of(attack("*", "loss", 0.52, null, new Interval(-0.06, 0.1))),
          List.of(memorised("*", 0.01, new Interval(-0.02, 0.05), 0.0, 0.0)),
          List.of(),
          Optional.empty());
    }

    EvidenceOf damage(SplitScore[]... scores) {
      List<SplitScore> all = Arrays.stream(scores).flatMap(Arrays::stream).toList();
      return new EvidenceOf(
          verdict, Damage.all(all, "unlearned"), membership, memory, leftOut, robustness);
    }

    EvidenceOf members(MembershipScore... scores) {
      return new EvidenceOf(verdict, damage, List.of(scores), memory, leftOut, robustness);
    }

    EvidenceOf written(MemoryComparison... memory) {
      return new EvidenceOf(verdict, damage, membership, List.of(memory), leftOut, robustness);
    }

    EvidenceOf without(String... domains) {
      return new EvidenceOf(verdict, damage, membership, memory, List.of(domains), robustness);
    }

    EvidenceOf robust(Robustness.Check... checks) {
      return robust(new Robustness(1, "aa", List.of(checks)));
    }

    EvidenceOf robust(Robustness made) {
      return new EvidenceOf(verdict, damage, membership, memory, leftOut, Optional.of(made));
    }

    Gate.Evidence evidence() {
      return new Gate.Evidence(
          Optional.of("aa"),
          verdict,
          0.15,
          damage,
          membership,
          memory,
          leftOut,
          robustness,
          Optional.empty());
    }
  }

  private static MembershipScore attack(
      String domain, String score, double auc, Double retrained, Interval excess) {
    double goal = retrained == null ? 0.5 : retrained;
    return new MembershipScore(
        "unlearned",
        domain,
        score,
        90,
        90,
        1,
        auc,
        null,
        retrained,
        auc - goal,
        excess,
        0.9,
        0,
        0,
        0,
        null,
        null,
        List.of());
  }

  private static MemoryComparison memorised(
      String domain, double excess, Interval interval, Double extracted, Double unseen) {
    return new MemoryComparison(
        "unlearned", domain, 0.02 + excess, 0.02, excess, interval, extracted, unseen);
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
