package lethe.evaluate.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How well a score tells members from non-members, a higher score speaking for a member.
 *
 * <pre>  AUC = P(member's score > non-member's) + P(equal) / 2 </pre>
 *
 * 0.5 is chance. Above it members are better known than unseen text, below it worse: either way
 * they can be told apart. So the direction is kept, where Yao et al.'s code reports 1 - AUC below
 * 0.5.
 */
public final class RocCurve {
  /**
   * A place on a ROC curve.
   *
   * @param fpr share of non-members taken for members
   * @param tpr share of members found
   */
  public record Point(double fpr, double tpr) {}

  private final List<Point> points = new ArrayList<>();
  private final double auc;

  /**
   * @param members scores, at least one
   * @param nonMembers scores, at least one
   */
  public RocCurve(double[] members, double[] nonMembers) {
    double[] m = sorted(members);
    double[] n = sorted(nonMembers);
    points.add(new Point(0, 0));
    int i = m.length;
    int j = n.length;
    double area = 0;
    while (i > 0 || j > 0) { // from the highest score down, equal ones at once
      double score = Math.max(i > 0 ? m[i - 1] : n[j - 1], j > 0 ? n[j - 1] : m[i - 1]);
      int before = m.length - i;
      int falseBefore = n.length - j;
      while (i > 0 && m[i - 1] == score) {
        i--;
      }
      while (j > 0 && n[j - 1] == score) {
        j--;
      }
      double rise = (double) (before + m.length - i) / 2;
      area += (n.length - j - falseBefore) * rise;
      points.add(new Point((double) (n.length - j) / n.length, (double) (m.length - i) / m.length));
    }
    auc = area / ((double) m.length * n.length);
  }

  /** A ruined model's NaN speaks against a member, as an endless loss would. */
  private static double[] sorted(double[] scores) {
    return Arrays.stream(scores)
        .map(s -> Double.isNaN(s) ? Double.NEGATIVE_INFINITY : s)
        .sorted()
        .toArray();
  }

  public double auc() {
    return auc;
  }

  /** The highest share of members found at a threshold with at most this share of false alarms. */
  public double tprAt(double fpr) {
    return points.stream().filter(p -> p.fpr() <= fpr).mapToDouble(Point::tpr).max().orElse(0);
  }

  /**
   * The best balanced accuracy of a threshold:
   *
   * <pre>  max (TPR + 1 - FPR) / 2 </pre>
   *
   * 0.5 is chance, and never less. Yao et al., 2024, arXiv:2402.15159.
   */
  public double balancedAccuracy() {
    return points.stream().mapToDouble(p -> (p.tpr() + 1 - p.fpr()) / 2).max().orElseThrow();
  }

  /** The curve's height, straight between its points; where it is upright, its upper end. */
  public double height(double fpr) {
    int after = 0;
    while (after < points.size() && points.get(after).fpr() <= fpr) {
      after++;
    }
    Point left = points.get(after - 1);
    if (after == points.size()) {
      return left.tpr();
    }
    Point right = points.get(after);
    return left.tpr()
        + (fpr - left.fpr()) / (right.fpr() - left.fpr()) * (right.tpr() - left.tpr());
  }

  /** The curve at about {@code most} places, its ends included. */
  public List<Point> curve(int most) {
    int step = Math.max(1, (points.size() + most - 1) / most);
    List<Point> thinned = new ArrayList<>();
    for (int i = 0; i < points.size() - 1; i += step) {
      thinned.add(points.get(i));
    }
    thinned.add(points.get(points.size() - 1));
    return thinned;
  }
}
