package lethe.evaluate;

import java.util.ArrayList;
import java.util.List;
import lethe.evaluate.metric.RocCurve;
import lethe.evaluate.metric.RocCurve.Point;

/**
 * Members distinguished from non-members domain by domain, domains weighed by their members:
 *
 * <pre>  AUC = sum_d m_d AUC_d / sum_d m_d,   TPR(x) = sum_d m_d TPR_d(x) / sum_d m_d </pre>
 *
 * A pool of all domains would also distinguish the domains: where forget and approximate mix them
 * in different shares, losses that reveal nothing within a domain would seem to reveal members.
 */
final class DomainRoc {
  private final List<RocCurve> domains;

  /**
   * @param domains at least one
   */
  DomainRoc(List<RocCurve> domains) {
    this.domains = List.copyOf(domains);
  }

  private interface Figure {
    double of(RocCurve domain);
  }

  private double weighed(Figure figure) {
    double sum = 0;
    long members = 0;
    for (RocCurve domain : domains) {
      sum += domain.members() * figure.of(domain);
      members += domain.members();
    }
    return sum / members;
  }

  double auc() {
    return weighed(RocCurve::auc);
  }

  /** Each domain with its own threshold. */
  double tprAt(double fpr) {
    return weighed(domain -> domain.tprAt(fpr));
  }

  /** The curve at about {@code most} places, its ends included. */
  List<Point> curve(int most) {
    if (domains.size() == 1) {
      return domains.get(0).curve(most);
    }
    List<Point> curve = new ArrayList<>(List.of(new Point(0, 0)));
    for (int i = 0; i < most; i++) {
      double fpr = (double) i / (most - 1);
      curve.add(new Point(fpr, weighed(domain -> domain.height(fpr))));
    }
    return curve;
  }
}
