package lethe.train.gradient;

import java.io.Serializable;
import java.util.stream.IntStream;

/**
 * A step against the sharpness of the forget terms: their gradient is taken where it is steepest
 * near the weights, so that what is forgotten stays forgotten when weights are changed a little, by
 * more training or by rounding.
 *
 * <pre>
 *   w' = w + rho g / |g|,   g = gradient of the forget terms at w, |g| its norm over all weights
 *   step with  gradient of the forget terms at w'  +  gradient of the retain terms at w
 * </pre>
 *
 * Fan et al., arXiv:2502.05374, who bring the sharpness-aware minimisation of Foret et al.,
 * arXiv:2010.01412, to unlearning. The gradient at w' travels as one more vector, after those at w.
 *
 * @param radius rho, in units of weights; 0: no such step
 */
public record Sharpness(double radius) implements Serializable {
  public static final Sharpness NONE = new Sharpness(0);

  /** Whether gradients are taken at other weights. */
  public boolean any() {
    return radius > 0;
  }

  /** Number of vectors that travel besides those at the weights themselves. */
  public int parts() {
    return any() ? 1 : 0;
  }

  /**
   * Makes w' of a gradient.
   *
   * @param weights w, bucket by bucket; not changed
   * @param gradient g; overwritten by w', which is w where g is 0
   */
  public void move(float[][] weights, float[][] gradient) {
    double norm = StepGradient.norm(gradient);
    double scale = norm > 0 ? radius / norm : 0;
    IntStream.range(0, gradient.length)
        .parallel()
        .forEach(bucket -> move(weights[bucket], gradient[bucket], scale));
  }

  private static void move(float[] weights, float[] gradient, double scale) {
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = (float) (weights[i] + scale * gradient[i]);
    }
  }
}
