package lethe.train.optimizer;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.ParameterLayout;

/**
 * Master weights and their optimizer: Adam with decoupled weight decay and clipping of the
 * gradient's global norm.
 *
 * <pre>
 *   g = gradient * min(1, clip / (norm + 1e-6))
 *   m = b1 m + (1 - b1) g        v = b2 v + (1 - b2) g^2
 *   w = w (1 - rate decay) - rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 * </pre>
 *
 * Loshchilov and Hutter, arXiv:1711.05101; operation by operation as PyTorch's AdamW. Elements are
 * independent, so threads do not change a bit.
 */
public final class AdamW {
  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;
  private static final float EPSILON = 1e-8f;

  /**
   * All that a later process needs to go on with the same bits.
   *
   * @param steps applied
   * @param vectors weights, means and squares, bucket by bucket
   */
  public record State(int steps, List<float[][]> vectors) {}

  private final ParameterLayout layout;
  private final Buckets buckets;
  private final float[][] weights;
  private final float[][] mean;
  private final float[][] square;
  private final double clip;
  private final double decay;
  private int steps;

  /**
   * @param layout of the weights, of which some decay
   * @param weights the start; owned by this from now on
   * @param clip largest global norm of a gradient
   * @param decay decoupled weight decay
   */
  public AdamW(ParameterLayout layout, float[][] weights, double clip, double decay) {
    this.layout = layout;
    this.buckets = layout.buckets();
    this.weights = weights;
    this.mean = buckets.allocate();
    this.square = buckets.allocate();
    this.clip = clip;
    this.decay = decay;
  }

  /** Resumes from a state, which is owned by this from now on. */
  public void resume(State state) {
    for (int b = 0; b < buckets.count(); b++) {
      weights[b] = state.vectors().get(0)[b];
      mean[b] = state.vectors().get(1)[b];
      square[b] = state.vectors().get(2)[b];
    }
    steps = state.steps();
  }

  /** A copy of the current state. */
  public State copy() {
    return new State(steps, Stream.of(weights, mean, square).map(this::copy).toList());
  }

  /** The weights themselves, bucket by bucket. */
  public float[][] weights() {
    return weights;
  }

  /** A copy of the current weights. */
  public float[][] copyWeights() {
    return copy(weights);
  }

  private float[][] copy(float[][] vector) {
    return Arrays.stream(vector).map(float[]::clone).toArray(float[][]::new);
  }

  /** Steps applied so far. */
  public int steps() {
    return steps;
  }

  /** Weights of a bucket. */
  public float[] weights(int bucket) {
    return weights[bucket];
  }

  /**
   * Applies a step, its buckets in parallel: elements are independent, so threads do not change a
   * bit.
   *
   * @param gradient bucket by bucket
   * @param norm of the whole gradient
   * @param rate learning rate
   */
  public void step(float[][] gradient, double norm, double rate) {
    advance();
    IntStream.range(0, buckets.count()).parallel().forEach(b -> update(b, gradient[b], norm, rate));
  }

  /** Begins a step: from here on {@link #update} belongs to the next one. */
  public void advance() {
    steps++;
  }

  /**
   * Updates one bucket of the step that {@link #advance} began.
   *
   * @param norm of the whole gradient
   * @param rate learning rate
   */
  public void update(int bucket, float[] gradient, double norm, double rate) {
    float scale = (float) Math.min(1, clip / (norm + 1e-6));
    int decayed =
        (int) Math.max(0, Math.min(gradient.length, layout.decayed() - buckets.offset(bucket)));
    update(bucket, gradient, scale, rate, (float) (1 - rate * decay), 0, decayed);
    update(bucket, gradient, scale, rate, 1, decayed, gradient.length);
  }

  private void update(
      int bucket, float[] gradient, float scale, double rate, float keep, int from, int to) {
    double correction1 = 1 - StrictMath.pow(BETA1, steps);
    float correction2 = (float) StrictMath.sqrt(1 - StrictMath.pow(BETA2, steps));
    float rateNow = (float) (rate / correction1);
    float[] w = weights[bucket];
    float[] m = mean[bucket];
    float[] v = square[bucket];
    for (int i = from; i < to; i++) {
      float g = gradient[i] * scale;
      m[i] += (g - m[i]) * (1 - BETA1);
      v[i] = v[i] * BETA2 + (1 - BETA2) * g * g;
      w[i] = w[i] * keep - rateNow * (m[i] / ((float) Math.sqrt(v[i]) / correction2 + EPSILON));
    }
  }
}
