package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * How sure a model is of the true tokens of a text, as counts of their log-odds, from which it
 * follows by how much {@link Undial} has to lower their logits for its labels to have a given loss.
 *
 * <pre>
 *   o = log(p(x_t) / (1 - p(x_t)))            of softmax(z / T)
 *   loss of labels lowered by b = mean over positions of log(1 + e^(b - o))
 * </pre>
 *
 * The loss grows with b, so there is one b for each loss above the model's own. Counts have bins of
 * {@value #BINS_PER_NAT} to a nat: the loss is right to a 128th of a nat.
 *
 * @param counts of positions, bin by bin
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record TrueTokenOdds(long[] counts) {
  /** Bins in a nat. */
  private static final int BINS_PER_NAT = 64;

  /** Log-odds beyond this, to either side, count as this: float32 knows no larger ones. */
  private static final int MOST_NATS = 64;

  /** Bins of the counts. */
  public static final int BINS = 2 * MOST_NATS * BINS_PER_NAT;

  /** The bin of each position's true token. */
  public static int[] bins(Positions positions, double temperature) {
    NDArray logitsNV = positions.logitsNV().div(temperature);
    NDArray othersN1 = Positions.logSumN1(positions.withoutTruth(logitsNV));
    float[] odds = positions.truthN1(logitsNV).sub(othersN1).toFloatArray();
    int[] bins = new int[odds.length];
    for (int i = 0; i < bins.length; i++) {
      int bin = (int) Math.floor(((double) odds[i] + MOST_NATS) * BINS_PER_NAT);
      bins[i] = Math.max(0, Math.min(BINS - 1, bin));
    }
    return bins;
  }

  /**
   * The mean loss of the true token under labels that are lowered.
   *
   * @param nats by which its logit is lowered
   */
  public double loss(double nats) {
    double sum = 0;
    long positions = 0;
    for (int bin = 0; bin < counts.length; bin++) {
      if (counts[bin] > 0) {
        double odds = (bin + 0.5) / BINS_PER_NAT - MOST_NATS;
        double above = nats - odds;
        sum +=
            counts[bin]
                * (above > 0 ? above + Math.log1p(Math.exp(-above)) : Math.log1p(Math.exp(above)));
        positions += counts[bin];
      }
    }
    return sum / positions;
  }

  /**
   * By how much logits have to be lowered.
   *
   * @param loss of the labels, nats per token
   * @return nats; 0 where they need not be lowered
   */
  public double lowering(double loss) {
    double low = 0;
    double high = loss + MOST_NATS + 1; // an odds of at most MOST_NATS is then below -loss
    if (!(loss(low) < loss)) {
      return 0;
    }
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      if (loss(middle) < loss) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }
}
