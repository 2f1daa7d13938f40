package lethe.objective;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.function.DoubleUnaryOperator;

/**
 * What a text's labels say of each of its scored positions, in order: the probability of the true
 * token, those of the k likeliest others, and what is left for all the rest together.
 *
 * @param truth probabilities of the true tokens
 * @param ids of the k likeliest other tokens of each position, position by position
 * @param probabilities of these
 * @param rest what is left: 1 less all of them, kept as a number of its own since the difference
 *     would be lost in rounding
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record LikeliestTokens(float[] truth, int[] ids, float[] probabilities, float[] rest)
    implements Serializable {
  public LikeliestTokens {
    if (rest.length != truth.length
        || probabilities.length != ids.length
        || (truth.length == 0 ? ids.length > 0 : ids.length % truth.length > 0)) {
      throw new IllegalStateException(
          "Cannot read labels of %d positions with %d other tokens, %d probabilities and %d rests"
              .formatted(truth.length, ids.length, probabilities.length, rest.length));
    }
  }

  /** Scored positions. */
  public int positions() {
    return truth.length;
  }

  /** Other tokens of each position that are told apart; 0 where there is no position. */
  public int likeliest() {
    return truth.length == 0 ? 0 : ids.length / truth.length;
  }

  /**
   * The same with other probabilities of the true tokens; all others keep their proportions.
   *
   * @param change of a true token's probability, from 0 to 1, to another
   */
  public LikeliestTokens withTruth(DoubleUnaryOperator change) {
    float[] changed = truth.clone();
    float[] others = probabilities.clone();
    float[] left = rest.clone();
    int k = likeliest();
    for (int t = 0; t < changed.length; t++) {
      double now = change.applyAsDouble(truth[t]);
      double sum = rest[t];
      for (int i = t * k; i < (t + 1) * k; i++) {
        sum += probabilities[i];
      }
      changed[t] = (float) now;
      if (sum > 0) {
        double factor = (1 - now) / sum;
        for (int i = t * k; i < (t + 1) * k; i++) {
          others[i] = (float) (factor * probabilities[i]);
        }
        left[t] = (float) (factor * rest[t]);
      } else { // the true token was certain, so that nothing is known of the others
        left[t] = (float) (1 - now);
      }
    }
    return new LikeliestTokens(changed, ids, others, left);
  }

  /** As {@link #of} reads it. */
  public byte[] bytes() {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 8 * (truth.length + ids.length)).putInt(positions());
    for (float[] values : new float[][] {truth, rest, probabilities}) {
      bytes.asFloatBuffer().put(values);
      bytes.position(bytes.position() + 4 * values.length);
    }
    bytes.asIntBuffer().put(ids);
    return bytes.array();
  }

  /** What {@link #bytes} wrote. */
  public static LikeliestTokens of(byte[] written) {
    ByteBuffer bytes = ByteBuffer.wrap(written);
    int positions = bytes.getInt();
    int others = (written.length - 4 - 8 * positions) / 8;
    float[] truth = floats(bytes, positions);
    float[] rest = floats(bytes, positions);
    float[] probabilities = floats(bytes, others);
    int[] ids = new int[others];
    bytes.asIntBuffer().get(ids);
    return new LikeliestTokens(truth, ids, probabilities, rest);
  }

  private static float[] floats(ByteBuffer bytes, int count) {
    float[] values = new float[count];
    bytes.asFloatBuffer().get(values);
    bytes.position(bytes.position() + 4 * count);
    return values;
  }
}
