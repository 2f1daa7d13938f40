package lethe.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lethe.evaluate.metric.DocumentAuc;
import lethe.evaluate.metric.RocCurve;
import lethe.evaluate.metric.UnseenRange;

/**
 * Members distinguished from non-members of one domain by one score: what is kept of a curve with a
 * point per chunk.
 *
 * @param members chunks
 * @param nonMembers chunks
 * @param documents the area, as a mean over documents
 * @param tprs shares of members found at {@link #FPRS}
 * @param balancedAccuracy see {@link RocCurve#balancedAccuracy}
 * @param curve at about {@link #PLACES} places, its ends included
 * @param heights of the curve at {@link #PLACES} false positive rates, equally far apart
 * @param inside members whose score is in the range of unseen chunks
 */
record DomainAttack(
    long members,
    long nonMembers,
    DocumentAuc documents,
    List<Double> tprs,
    double balancedAccuracy,
    List<RocCurve.Point> curve,
    List<Double> heights,
    long inside) {
  /** Rates of false alarms at which the members found are counted. */
  static final List<Double> FPRS = List.of(0.001, 0.01, 0.05);

  static final int PLACES = 100;

  /**
   * @param members scores of the chunks of each member document
   * @param others of each non-member document
   */
  static DomainAttack of(List<double[]> members, List<double[]> others) {
    double[] known = chunks(members);
    double[] unseen = chunks(others);
    RocCurve roc = new RocCurve(known, unseen);
    return new DomainAttack(
        known.length,
        unseen.length,
        DocumentAuc.of(members, others),
        FPRS.stream().map(roc::tprAt).toList(),
        roc.balancedAccuracy(),
        roc.curve(PLACES),
        IntStream.range(0, PLACES).mapToObj(i -> roc.height(fpr(i))).toList(),
        UnseenRange.of(unseen).inside(members));
  }

  double auc() {
    return documents.auc();
  }

  /** The false positive rate of a place. */
  static double fpr(int place) {
    return (double) place / (PLACES - 1);
  }

  private static double[] chunks(List<double[]> documents) {
    return documents.stream().flatMapToDouble(Arrays::stream).toArray();
  }
}
