package lethe.model.network;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What {@link Network#statistics} says of a model's predictions at some positions. With
 *
 * <pre>
 *   z = logits - max logits     s = sum_v exp z_v     E f = sum_v f_v exp z_v / s
 * </pre>
 *
 * the best logit's z is 0, so likely tokens have a small z, and a difference of squares keeps its
 * precision.
 *
 * @param valuesNS position by position, the {@link Statistic statistics} in their order
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PredictionStatistics(float[] valuesNS) {
  private static final int STATISTICS = Statistic.values().length;

  /** One of them; in small letters the variable of the script that computes it. */
  public enum Statistic {
    /** Negative log-likelihood of the label: log s - z_label, nats. */
    NLL,
    /** Mean of log p over the vocabulary: E z - log s, nats. */
    MEAN,
    /** Standard deviation of log p: sqrt(E z^2 - (E z)^2), nats. */
    DEVIATION,
    /** The label's distance from the best logit: z_label, 0 or less. */
    DISTANCE,
    /** 1 / probability of the best token: s, from 1 to the size of the vocabulary. */
    SUM
  }

  /** What the script returns, in the order of its columns. */
  static String variables() {
    return Arrays.stream(Statistic.values())
        .map(statistic -> statistic.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }

  /**
   * One value.
   *
   * @param position from 0
   */
  @SuppressWarnings("EnumOrdinal") // the columns are made from the enum, and never stored
  public float at(int position, Statistic statistic) {
    return valuesNS[position * STATISTICS + statistic.ordinal()];
  }
}
