package lethe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.MemoryComparison;
import lethe.evaluate.Robustness;
import lethe.evaluate.Verdict;
import lethe.report.Condition.State;
import lethe.settings.FirstTen;
import lethe.settings.Printable;
import lethe.settings.Section;
import lethe.target.Outcome;

/**
 * The conditions that a run can be required to meet, each judged by itself. What was not measured
 * is never passed.
 *
 * @param require those that the settings require
 * @param limits of their figures
 */
record Gate(Set<Requirement> require, GateLimits limits) {

  /**
   * What the conditions are judged by, all of the unlearned model.
   *
   * @param fingerprint of the model; nothing when it was not evaluated
   * @param verdict on it; nothing where there is none
   * @param band half the width of the verdict's, nats per token
   * @param damage on every split to be kept and each of its domains, worst first
   * @param membership of all scores and domains
   * @param memory of all domains
   * @param domainsLeftOut to forget that have no approximate text
   * @param robustness as it was checked; nothing where it was not
   * @param earlier what earlier runs made the model forget; nothing where no such text was scored
   */
  record Evidence(
      Optional<String> fingerprint,
      Optional<Verdict> verdict,
      double band,
      List<Damage> damage,
      List<MembershipScore> membership,
      List<MemoryComparison> memory,
      List<String> domainsLeftOut,
      Optional<Robustness> robustness,
      Optional<StillForgotten> earlier) {}

  /** Every condition, the required ones and the others. */
  List<Condition> judge(Evidence evidence) {
    List<Condition> conditions = new ArrayList<>();
    wanted().forEach(outcome -> conditions.add(verdict(outcome, evidence)));
    conditions.add(damage(evidence.damage()));
    conditions.add(unseen(Requirement.MEMBERSHIP, new MembershipGate(limits), evidence));
    conditions.add(unseen(Requirement.MEMORY, new MemoryGate(limits), evidence));
    conditions.add(robustness(evidence));
    if (evidence.earlier().isPresent() || require.contains(Requirement.EARLIER)) {
      conditions.add(earlier(evidence));
    }
    return conditions;
  }

  /** Why the run is refused; nothing when it is not. */
  static Optional<String> refusal(List<Condition> conditions) {
    List<String> reasons =
        conditions.stream().filter(Condition::refuses).map(Condition::finding).toList();
    return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", reasons));
  }

  /** The verdict that is required; without one, what the reader asks is whether it is matched. */
  private Stream<Requirement> wanted() {
    List<Requirement> named = require.stream().filter(r -> r.verdict().isPresent()).toList();
    return named.isEmpty() ? Stream.of(Requirement.MATCHED) : named.stream();
  }

  private Condition verdict(Requirement wanted, Evidence evidence) {
    Optional<Outcome> is = evidence.verdict().map(Verdict::outcome);
    State state =
        is.isEmpty()
            ? State.NOT_MEASURED
            : is.equals(wanted.verdict()) ? State.PASSED : State.FAILED;
    String finding =
        "report.require is %s, the verdict is %s"
            .formatted(Section.spelling(wanted), is.map(Section::spelling).orElse("none"));
    return condition(
        wanted, state, evidence.band(), finding + evidence.verdict().map(Gate::how).orElse(""));
  }

  /** The figures behind a verdict. */
  private static String how(Verdict verdict) {
    if (verdict.distance() == null) {
      return ": the forget loss is not a finite number";
    }
    String interval =
        verdict.interval() == null
            ? "there is no interval of the distance"
            : "the 95 % interval of the distance is " + Headline.interval(verdict.interval());
    if (verdict.outcome() != Outcome.UNDECIDED) {
      return String.format(
          Locale.ROOT,
          ": the distance is %+.3f%s, the band \u00b1%s",
          verdict.distance(),
          verdict.interval() == null
              ? ""
              : " (95 % interval " + Headline.interval(verdict.interval()) + ")",
          verdict.band());
    }
    return ": "
        + interval
        + "; more documents make it narrower"
        + Headline.toDecide(verdict).map(needed -> ": " + needed).orElse("");
  }

  private Condition damage(List<Damage> damage) {
    String limit = limits.damageKey() + " is " + limits.damage() + ", ";
    if (damage.isEmpty()) {
      return condition(
          Requirement.DAMAGE,
          State.NOT_MEASURED,
          limits.damage(),
          limit + "and no split to be kept was scored with both models");
    }
    List<Damage> beyond = damage.stream().filter(d -> !d.within(limits.damage())).toList();
    return beyond.isEmpty()
        ? condition(
            Requirement.DAMAGE, State.PASSED, limits.damage(), limit + damage.get(0).sentence())
        : condition(
            Requirement.DAMAGE,
            State.FAILED,
            limits.damage(),
            limit + listed(beyond.stream().map(Damage::sentence).toList()));
  }

  /** A condition that compares forgotten text with text that was never seen, domain by domain. */
  private Condition unseen(Requirement what, UnseenGate gate, Evidence evidence) {
    UnseenGate.Judgement judged = gate.judge(evidence);
    boolean incomplete = !evidence.domainsLeftOut().isEmpty();
    return condition(
        what,
        incomplete && judged.state() == State.PASSED ? State.NOT_MEASURED : judged.state(),
        gate.limit(),
        "report.limits.%s is %s, ".formatted(Section.spelling(what), gate.limit())
            + judged.finding()
            + (incomplete
                ? "; not measured for want of approximate text: "
                    + FirstTen.of(evidence.domainsLeftOut())
                : ""));
  }

  private Condition robustness(Evidence evidence) {
    String none = "report.require names robustness, which was not measured: ";
    if (evidence.robustness().isEmpty()) {
      return condition(
          Requirement.ROBUSTNESS,
          State.NOT_MEASURED,
          null,
          none + "no check of it was made with this model");
    }
    Robustness made = evidence.robustness().get();
    if (!Optional.of(made.model()).equals(evidence.fingerprint()) || made.checks().isEmpty()) {
      return condition(
          Requirement.ROBUSTNESS,
          State.NOT_MEASURED,
          null,
          none + "the checks that there are were made with another model");
    }
    List<Robustness.Check> failed = made.checks().stream().filter(c -> !c.passed()).toList();
    return condition(
        Requirement.ROBUSTNESS,
        failed.isEmpty() ? State.PASSED : State.FAILED,
        null,
        "robustness: "
            + listed(
                (failed.isEmpty() ? made.checks() : failed)
                    .stream().map(check -> check.name() + ": " + check.finding()).toList()));
  }

  /** By the point: an interval of few documents would let nothing pass, or everything. */
  private Condition earlier(Evidence evidence) {
    Double distance = evidence.earlier().map(StillForgotten::distance).orElse(null);
    return condition(
        Requirement.EARLIER,
        distance == null
            ? State.NOT_MEASURED
            : distance >= -evidence.band() ? State.PASSED : State.FAILED,
        evidence.band(),
        evidence
            .earlier()
            .map(earlier -> earlier.sentence(evidence.band()))
            .orElse(
                "report.require names earlier, and corpus.splits.earlier has no text that was scored"));
  }

  private static String listed(List<String> findings) {
    return String.join("; ", FirstTen.lines(findings));
  }

  private Condition condition(Requirement what, State state, Double limit, String finding) {
    return new Condition(
        Section.spelling(what), require.contains(what), state, limit, Printable.line(finding));
  }
}
