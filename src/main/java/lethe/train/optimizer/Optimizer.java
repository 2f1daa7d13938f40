package lethe.train.optimizer;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.ParameterLayout;

/**
 * Master weights and their optimizer, with clipping of the gradient's global norm and decoupled
 * weight decay: Adam, or the sign of the gradient's mean.
 *
 * <pre>
 *   g = gradient * min(1, clip / (norm + 1e-6))
 *   m = b1 m + (1 - b1) g        v = b2 v + (1 - b2) g^2
 *   adamw   w = w (1 - rate decay) - rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 *   sign    w = w (1 - rate decay) - rate * sign(m)
 * </pre>
 *
 * Loshchilov and Hutter, arXiv:1711.05101, operation by operation as PyTorch's AdamW; Bernstein et
 * al., arXiv:1802.04434, which arXiv:2510.00761 found to last longer in unlearning. The sign has no
 * v, so it needs half of the memory beyond the weights; its steps have one length, so a good rate
 * is several times smaller. Elements are independent, so threads do not change a bit.
 */
public final class Optimizer {
  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;
  private static final float EPSILON = 1e-8f;

  /** Elements of a snapshot that may always be copied: a small model never waits for its writer. */
  private static final long LEAST_COPIED = 1 << 23;

  private final UpdateRule rule;
  private final ParameterLayout layout;
  private final Buckets buckets;
  private final float[][] weights;
  private final float[][] mean;
  private final float[][] square; // null for a rule without it
  private final double clip;
  private final double decay;
  private int steps;

  /** The state that is being written down; null before the first. */
  private Snapshot snapshot;

  /**
   * @param rule of its steps
   * @param layout of the weights, of which some decay
   * @param weights the start; owned by this from now on
   * @param clip largest global norm of a gradient
   * @param decay decoupled weight decay
   */
  public Optimizer(
      UpdateRule rule, ParameterLayout layout, float[][] weights, double clip, double decay) {
    this.rule = rule;
    this.layout = layout;
    this.buckets = layout.buckets();
    this.weights = weights;
    this.mean = buckets.allocate();
    this.square = rule == UpdateRule.ADAMW ? buckets.allocate() : null;
    this.clip = clip;
    this.decay = decay;
  }

  /**
   * The vectors of the rule themselves, bucket by bucket: all that a later process needs, beside
   * the number of steps, to go on with the same bits.
   */
  public List<float[][]> vectors() {
    return rule == UpdateRule.ADAMW ? List.of(weights, mean, square) : List.of(weights, mean);
  }

  public UpdateRule rule() {
    return rule;
  }

  /**
   * Goes on from a state that was read into {@link #vectors()}.
   *
   * @param after steps that it is after
   */
  public void resume(int after) {
    steps = after;
  }

  /**
   * The current state, to be read while training goes on. One at a time: an earlier one must be
   * closed.
   *
   * @param patience how long a step waits for the reader before the user hears of it
   * @param slow takes how long a step has waited
   */
  public Snapshot snapshot(Duration patience, Consumer<Duration> slow) {
    return snapshot(Math.max(buckets.elements(), LEAST_COPIED), patience, slow);
  }

  /**
   * @param copied most elements that are copied at a time
   */
  Snapshot snapshot(long copied, Duration patience, Consumer<Duration> slow) {
    snapshot = new Snapshot(steps, vectors(), copied, patience, slow);
    return snapshot;
  }

  /** The weights themselves, bucket by bucket. */
  public float[][] weights() {
    return weights;
  }

  /** A copy of the current weights. */
  public float[][] copyWeights() {
    return Arrays.stream(weights).map(float[]::clone).toArray(float[][]::new);
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
    if (snapshot != null) {
      snapshot.keep(bucket);
    }
    float scale = (float) Math.min(1, clip / (norm + 1e-6));
    int decayed =
        (int) Math.max(0, Math.min(gradient.length, layout.decayed() - buckets.offset(bucket)));
    update(bucket, gradient, scale, rate, (float) (1 - rate * decay), 0, decayed);
    update(bucket, gradient, scale, rate, 1, decayed, gradient.length);
  }

  private void update(
      int bucket, float[] gradient, float scale, double rate, float keep, int from, int to) {
    switch (rule) {
      case ADAMW -> adamw(bucket, gradient, scale, rate, keep, from, to);
      case SIGN -> sign(bucket, gradient, scale, (float) rate, keep, from, to);
    }
  }

  private void adamw(
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

  private void sign(
      int bucket, float[] gradient, float scale, float rate, float keep, int from, int to) {
    float[] w = weights[bucket];
    float[] m = mean[bucket];
    for (int i = from; i < to; i++) {
      m[i] += (gradient[i] * scale - m[i]) * (1 - BETA1);
      w[i] = w[i] * keep - rate * Math.signum(m[i]);
    }
  }
}
