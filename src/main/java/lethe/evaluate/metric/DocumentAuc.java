package lethe.evaluate.metric;

import java.util.Arrays;
import java.util.List;
import lethe.evaluate.metric.StratifiedInterval.Stratum;

/**
 * The area under a ROC curve as a mean over documents, so that its uncertainty can be that of the
 * choice of documents: the chunks of a document resemble each other.
 *
 * <pre>
 *   V_i = sum over the chunks x of member i       of P(x > non-member's score) + P(equal) / 2
 *   W_j = sum over the chunks y of non-member j   of P(member's score > y) + P(equal) / 2
 *   AUC = sum_i V_i / sum_i m_i = sum_j W_j / sum_j n_j,       m and n chunks of a document
 * </pre>
 *
 * Members and non-members are two strata of {@link StratifiedInterval}. The variance is that of
 * Obuchowski, "Nonparametric Analysis of Clustered ROC Curve Data", 1997, for documents that are in
 * one of the two only; with one chunk a document it is that of DeLong, DeLong and Clarke-Pearson,
 * 1988. The difference of two models' areas over the same documents has the differences of their V
 * and W, which is DeLong's covariance.
 *
 * @param auc 0 to 1
 * @param memberSums V, in the order of the documents
 * @param memberSizes m
 * @param otherSums W, in the order of the documents
 * @param otherSizes n
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record DocumentAuc(
    double auc,
    double[] memberSums,
    double[] memberSizes,
    double[] otherSums,
    double[] otherSizes) {

  /**
   * @param members scores of the chunks of each member document, at least one each
   * @param others of each non-member document
   */
  public static DocumentAuc of(List<double[]> members, List<double[]> others) {
    double[] m = sorted(members);
    double[] n = sorted(others);
    long[] above = new long[members.size()];
    long all = 0;
    for (int i = 0; i < above.length; i++) {
      for (double score : members.get(i)) {
        above[i] += twiceBelow(n, score);
      }
      all += above[i];
    }
    double[] otherSums = new double[others.size()];
    for (int j = 0; j < otherSums.length; j++) {
      long below = 0;
      for (double score : others.get(j)) {
        below += 2L * m.length - twiceBelow(m, score);
      }
      otherSums[j] = below / (2.0 * m.length);
    }
    return new DocumentAuc(
        all / (2.0 * m.length * n.length),
        Arrays.stream(above).mapToDouble(sum -> sum / (2.0 * n.length)).toArray(),
        sizes(members),
        otherSums,
        sizes(others));
  }

  /**
   * The strata of the area.
   *
   * @param share of this area in the figure
   */
  public List<Stratum> strata(double share) {
    return List.of(
        new Stratum(memberSums, memberSizes, auc, share),
        new Stratum(otherSums, otherSizes, auc, share));
  }

  /** This area less another one, of the same documents, as sums over documents. */
  public DocumentAuc minus(DocumentAuc other) {
    return new DocumentAuc(
        auc - other.auc,
        differences(memberSums, other.memberSums),
        memberSizes,
        differences(otherSums, other.otherSums),
        otherSizes);
  }

  private static double[] differences(double[] from, double[] what) {
    double[] differences = new double[from.length];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = from[i] - what[i];
    }
    return differences;
  }

  private static double[] sizes(List<double[]> documents) {
    return documents.stream().mapToDouble(chunks -> chunks.length).toArray();
  }

  private static double[] sorted(List<double[]> documents) {
    return documents.stream()
        .flatMapToDouble(Arrays::stream)
        .map(DocumentAuc::ordered)
        .sorted()
        .toArray();
  }

  /** A ruined model's NaN speaks against a member, as in {@link RocCurve}. */
  private static double ordered(double score) {
    return Double.isNaN(score) ? Double.NEGATIVE_INFINITY : score;
  }

  /** Twice the number of scores below one, an equal one counted once. */
  private static long twiceBelow(double[] sorted, double score) {
    double of = ordered(score);
    return (long) firstFrom(sorted, of) + firstFrom(sorted, Math.nextUp(of));
  }

  /** Where the first score of at least some value is. */
  private static int firstFrom(double[] sorted, double value) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
