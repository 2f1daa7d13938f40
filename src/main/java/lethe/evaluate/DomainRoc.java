package lethe.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.evaluate.metric.DocumentAuc;
import lethe.evaluate.metric.Interval;
import lethe.evaluate.metric.PrivacyLeakage;
import lethe.evaluate.metric.RocCurve.Point;
import lethe.evaluate.metric.StratifiedInterval;
import lethe.evaluate.metric.StratifiedInterval.Stratum;

/**
 * Members distinguished from non-members domain by domain, domains weighed by their members:
 *
 * <pre>  AUC = sum_d m_d AUC_d / sum_d m_d,   TPR(x) = sum_d m_d TPR_d(x) / sum_d m_d </pre>
 *
 * A pool of all domains would also distinguish the domains: where forget and approximate mix them
 * in different shares, losses that reveal nothing within a domain would seem to reveal members.
 */
final class DomainRoc {
  private final Map<String, DomainAttack> domains;
  private final Map<String, DomainAttack> goals;

  /**
   * @param domains at least one
   * @param goals what the retrained model has there; empty without one
   */
  DomainRoc(Map<String, DomainAttack> domains, Map<String, DomainAttack> goals) {
    this.domains = new TreeMap<>(domains);
    this.goals = new TreeMap<>(goals);
  }

  private interface Figure {
    double of(DomainAttack domain);
  }

  /**
   * @param weight of these domains among all
   */
  MembershipScore score(String model, String domain, String name, double weight) {
    boolean besideRetrained = goals.keySet().equals(domains.keySet());
    double auc = auc();
    double goal = besideRetrained ? weighed(goals, DomainAttack::auc) : MembershipScore.CHANCE;
    Interval interval = interval(auc, strata(false));
    boolean drawn = domain.equals(SplitScore.ALL) && MembershipScore.JUDGING.contains(name);
    return new MembershipScore(
        model,
        domain,
        name,
        members(),
        domains.values().stream().mapToLong(DomainAttack::nonMembers).sum(),
        weight,
        auc,
        interval == null
            ? null
            : new Interval(Math.max(0, interval.low()), Math.min(1, interval.high())),
        besideRetrained ? goal : null,
        auc - goal,
        interval(auc - goal, strata(besideRetrained)),
        (double) domains.values().stream().mapToLong(DomainAttack::inside).sum() / members(),
        tpr(0),
        tpr(1),
        tpr(2),
        weighed(domains, DomainAttack::balancedAccuracy),
        model.equals(ModelNames.RETRAINED)
            ? null
            : SplitScores.finite(PrivacyLeakage.of(auc, goal)),
        drawn ? curve() : List.of());
  }

  private double auc() {
    return weighed(domains, DomainAttack::auc);
  }

  /**
   * Each domain with its own threshold.
   *
   * @param place of the rate of false alarms in {@link DomainAttack#FPRS}
   */
  private double tpr(int place) {
    return weighed(domains, d -> d.tprs().get(place));
  }

  private List<Point> curve() {
    if (domains.size() == 1) {
      return domains.values().iterator().next().curve();
    }
    List<Point> curve = new ArrayList<>(List.of(new Point(0, 0)));
    for (int i = 0; i < DomainAttack.PLACES; i++) {
      int place = i;
      curve.add(new Point(DomainAttack.fpr(i), weighed(domains, d -> d.heights().get(place))));
    }
    return curve;
  }

  private long members() {
    return domains.values().stream().mapToLong(DomainAttack::members).sum();
  }

  private double weighed(Map<String, DomainAttack> of, Figure figure) {
    double sum = 0;
    for (Map.Entry<String, DomainAttack> domain : of.entrySet()) {
      sum += domains.get(domain.getKey()).members() * figure.of(domain.getValue());
    }
    return sum / members();
  }

  /** The documents of members and of non-members of each domain. */
  private List<Stratum> strata(boolean lessGoals) {
    List<Stratum> strata = new ArrayList<>();
    domains.forEach(
        (domain, own) -> {
          DocumentAuc area = own.documents();
          strata.addAll(
              (lessGoals ? area.minus(goals.get(domain).documents()) : area)
                  .strata((double) own.members() / members()));
        });
    return strata;
  }

  /** Nothing where every document is distinguished alike: they do not show how others would be. */
  private static Interval interval(double figure, List<Stratum> strata) {
    Interval interval = StratifiedInterval.of(figure, strata);
    return interval == null || interval.low() == interval.high() ? null : interval;
  }
}
