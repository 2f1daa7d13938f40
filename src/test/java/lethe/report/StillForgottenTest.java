package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import lethe.evaluate.SplitScore;
import lethe.report.Condition.State;
import org.junit.jupiter.api.Test;

class StillForgottenTest {
  private static final GateLimits LIMITS = new GateLimits(0.15, "report.limits.damage", 0.1, 0.05);

  /** 300 tokens of law at 3.0 and 100 of art at 2.0; unseen text has 3.2 and 1.6. */
  private static List<SplitScore> scores() {
    return new ArrayList<>(
        List.of(
            score("original", "approximate", "*", 500, 2.9),
            score("original", "approximate", "law", 250, 3.2),
            score("original", "approximate", "art", 250, 1.6),
            score("unlearned", "approximate", "law", 250, 9.0),
            score("original", "earlier", "*", 400, 1.0),
            score("unlearned", "earlier", "*", 400, 2.75),
            score("unlearned", "earlier", "law", 300, 3.0),
            score("unlearned", "earlier", "art", 100, 2.0)));
  }

  private static SplitScore score(
      String model, String split, String domain, long tokens, Double nll) {
    return new SplitScore(model, split, domain, 4, 5, tokens, nll, null, null, 0.5, null);
  }

  @Test
  void theTargetIsTheOriginalModelsAndIsWeighedByTheTokensOfEarlier() {
    StillForgotten found = StillForgotten.of(scores(), "unlearned").orElseThrow();
    assertThat(found.target()).isCloseTo((300 * 3.2 + 100 * 1.6) / 400, within(1e-12)); // 2.8
    assertThat(found.distance()).isCloseTo(-0.05, within(1e-12));
    assertThat(found.domain()).isEqualTo("law");
    assertThat(found.sentence(0.15))
        .isEqualTo(
            "earlier: the loss on 4 documents that were forgotten before is 2.750, 0.050 below their target of 2.800 nats per token, and may be 0.15 below it (domain law: -0.200)");
  }

  @Test
  void whatIsKnownAgainIsRefusedAndWhatIsFartherAwayIsNot() {
    assertThat(condition(scores()).state()).isEqualTo(State.PASSED);
    List<SplitScore> known = scores();
    known.set(5, score("unlearned", "earlier", "*", 400, 2.64));
    assertThat(condition(known).state()).isEqualTo(State.FAILED);
    assertThat(condition(known).refuses()).isTrue();
    assertThat(condition(known).finding()).contains("is 2.640, 0.160 below their target of 2.800");
    List<SplitScore> far = scores();
    far.set(5, score("unlearned", "earlier", "*", 400, 7.0));
    assertThat(condition(far).state()).isEqualTo(State.PASSED);
    assertThat(condition(far).finding()).contains("is 7.000, 4.200 above their target");
  }

  @Test
  void whatCannotBeMeasuredIsNotPassed() {
    List<SplitScore> ruined = scores();
    ruined.set(5, score("unlearned", "earlier", "*", 400, null));
    assertThat(condition(ruined).state()).isEqualTo(State.NOT_MEASURED);
    assertThat(condition(ruined).finding()).endsWith("is not a finite number");
    List<SplitScore> alone = scores();
    alone.remove(1);
    assertThat(condition(alone).state()).isEqualTo(State.NOT_MEASURED);
    assertThat(condition(alone).finding()).contains("has no approximate text");
    assertThat(condition(List.of()).state()).isEqualTo(State.NOT_MEASURED);
    assertThat(condition(List.of()).finding())
        .isEqualTo(
            "report.require names earlier, and corpus.splits.earlier has no text that was scored");
  }

  @Test
  void itIsShownWithoutBeingRequiredAndNotWhereThereIsNone() {
    Gate free = new Gate(EnumSet.noneOf(Requirement.class), LIMITS);
    assertThat(free.judge(evidence(scores()))).extracting(Condition::name).endsWith("earlier");
    assertThat(free.judge(evidence(List.of())))
        .extracting(Condition::name)
        .doesNotContain("earlier");
  }

  private static Condition condition(List<SplitScore> scores) {
    List<Condition> judged =
        new Gate(EnumSet.of(Requirement.EARLIER), LIMITS).judge(evidence(scores));
    return judged.get(judged.size() - 1);
  }

  private static Gate.Evidence evidence(List<SplitScore> scores) {
    return new Gate.Evidence(
        Optional.of("aa"),
        Optional.empty(),
        0.15,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Optional.empty(),
        StillForgotten.of(scores, "unlearned"));
  }
}
