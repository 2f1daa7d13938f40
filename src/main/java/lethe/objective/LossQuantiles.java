package lethe.objective;

import java.io.Serializable;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The distribution of some tokens' losses, as counts in bins of one relative width: losses in a bin
 * agree in the first 10 bits of their float32 significand, so a bin is a 512th or less of what it
 * holds, whether that is a millionth of a nat or twenty. Counts are whole numbers, so they are the
 * same however the tokens are partitioned; within a bin losses count as evenly spread.
 */
public final class LossQuantiles implements Serializable {
  /** Bits of a float32 that a bin does not tell apart. */
  private static final int SHIFT = 14;

  /** Tokens below the bin, and in it. */
  private record Bin(long before, long count) implements Serializable {}

  private final TreeMap<Integer, Bin> bins = new TreeMap<>();
  private final TreeMap<Long, Integer> byBefore = new TreeMap<>();
  private final long tokens;

  /**
   * @param counts of tokens by {@link #bin}, all above 0
   */
  public LossQuantiles(NavigableMap<Integer, Long> counts) {
    if (counts.isEmpty()) {
      throw new IllegalStateException("Cannot tell the quantiles of no token's loss");
    }
    long before = 0;
    for (Map.Entry<Integer, Long> bin : counts.entrySet()) {
      bins.put(bin.getKey(), new Bin(before, bin.getValue()));
      byBefore.put(before, bin.getKey());
      before += bin.getValue();
    }
    tokens = before;
  }

  /**
   * The bin of a loss.
   *
   * @param nats at least 0; rounding below it counts as 0
   */
  public static int bin(float nats) {
    return Float.floatToIntBits(Math.max(0f, nats) + 0f) >>> SHIFT;
  }

  /** The least loss of a bin. */
  private static double least(int bin) {
    return Float.intBitsToFloat(bin << SHIFT);
  }

  /** The share of tokens whose loss is smaller, half of those in the same place included. */
  public double quantile(double nats) {
    int bin = bin((float) nats);
    Map.Entry<Integer, Bin> below = bins.floorEntry(bin);
    if (below == null) {
      return 0;
    }
    Bin found = below.getValue();
    double within =
        below.getKey() < bin ? 1 : (Math.max(0, nats) - least(bin)) / (least(bin + 1) - least(bin));
    return (found.before + Math.min(1, within) * found.count) / tokens;
  }

  /**
   * The loss at a quantile.
   *
   * @param share from 0 to 1
   * @return nats
   */
  public double loss(double share) {
    double place = share * tokens;
    int bin = byBefore.floorEntry(Math.min((long) place, tokens - 1)).getValue();
    Bin found = bins.get(bin);
    double within = Math.max(0, Math.min(1, (place - found.before) / found.count));
    return least(bin) + within * (least(bin + 1) - least(bin));
  }

  /** Mean loss, nats per token. */
  public double mean() {
    double sum = 0;
    for (Map.Entry<Integer, Bin> bin : bins.entrySet()) {
      sum += bin.getValue().count * (least(bin.getKey()) + least(bin.getKey() + 1)) / 2;
    }
    return sum / tokens;
  }
}
