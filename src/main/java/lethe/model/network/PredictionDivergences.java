package lethe.model.network;

/**
 * What {@link Network#divergences} says of the predictions p and q of two models at some positions.
 *
 * <pre>
 *   KL(p, q)  = sum_v p_v (log p_v - log q_v)
 *   JSD(p, q) = (KL(p, m) + KL(q, m)) / 2,   m = (p + q) / 2
 * </pre>
 *
 * @param valuesN3 position by position: KL and JSD, nats, and 1 where both models' likeliest token
 *     is the same
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PredictionDivergences(float[] valuesN3) {
  private static final int VALUES = 3;

  /** KL(p, q), nats. */
  public float kl(int position) {
    return valuesN3[position * VALUES];
  }

  /** JSD(p, q), nats: from 0 to log 2. */
  public float jensenShannon(int position) {
    return valuesN3[position * VALUES + 1];
  }

  /** Whether both models' likeliest token is the same. */
  public boolean agrees(int position) {
    return valuesN3[position * VALUES + 2] == 1;
  }
}
