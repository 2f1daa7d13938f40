package lethe.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.SplitScore;
import lethe.report.Condition.State;
import lethe.settings.FirstTen;

/**
 * Membership inference, to either side: documents that are worse known than unseen text are found
 * as well as those that are better known.
 */
record MembershipGate(GateLimits limits) implements UnseenGate {
  @Override
  public double limit() {
    return limits.membership();
  }

  @Override
  public Judgement judge(Gate.Evidence evidence) {
    List<MembershipScore> judging =
        evidence.membership().stream()
            .filter(m -> MembershipScore.JUDGING.contains(m.score()))
            .toList();
    List<MembershipScore> pooled =
        judging.stream().filter(m -> m.domain().equals(SplitScore.ALL)).toList();
    if (pooled.isEmpty()) {
      return new Judgement(
          State.NOT_MEASURED, "and no domain has chunks of both forget and approximate");
    }
    List<String> failed = new ArrayList<>();
    pooled.stream()
        .filter(m -> m.excessInterval() != null && !shown(m))
        .forEach(m -> add(m, failed));
    if (failed.isEmpty()) { // else the domains would say the same at length
      judging.stream()
          .filter(m -> !m.domain().equals(SplitScore.ALL) && beyond(m.excessInterval(), limit()))
          .forEach(m -> add(m, failed));
    }
    if (!failed.isEmpty()) {
      return new Judgement(State.FAILED, String.join("; ", FirstTen.lines(failed)));
    }
    Optional<MembershipScore> unknown =
        pooled.stream().filter(m -> m.excessInterval() == null).findFirst();
    if (unknown.isPresent()) {
      return new Judgement(
          State.NOT_MEASURED, sentence(unknown.get()) + ", of which there is no interval");
    }
    MembershipScore worst =
        pooled.stream().max(Comparator.comparingDouble(m -> Math.abs(m.excess()))).orElseThrow();
    return new Judgement(State.PASSED, sentence(worst));
  }

  private boolean shown(MembershipScore score) {
    return within(score.excessInterval(), limit());
  }

  private void add(MembershipScore score, List<String> failed) {
    failed.add(
        sentence(score)
            + (beyond(score.excessInterval(), limit()) ? "" : ", not shown to be within"));
  }

  private static String sentence(MembershipScore score) {
    return String.format(
        Locale.ROOT,
        "the AUC by %s %s is %.3f, %s %.3f: %+.3f%s",
        score.score(),
        score.domain().equals(SplitScore.ALL) ? "over all domains" : "in domain " + score.domain(),
        score.auc(),
        score.retrainedAuc() == null ? "chance is" : "the retrained model has",
        score.goal(),
        score.excess(),
        score.excessInterval() == null
            ? ""
            : " (95 % interval " + Headline.interval(score.excessInterval()) + ")");
  }
}
