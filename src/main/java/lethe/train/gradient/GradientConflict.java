package lethe.train.gradient;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How the gradient f of the forget terms and the gradient r of the retain terms relate to each
 * other in a step: weighted and divided as they enter the loss, before anything is removed or
 * clipped.
 *
 * <pre>
 *   cosine = &lt;f, r&gt; / (|f| |r|)
 *   projected:  f := f - &lt;f, r&gt; / |r|^2 r   where &lt;f, r&gt; &lt; 0;   the step takes f + r
 * </pre>
 *
 * Yu et al., "Gradient Surgery for Multi-Task Learning", arXiv:2001.06782, one-sided: r is never
 * changed in favour of f. Where f and r agree, or r is 0, it changes nothing. Sums are taken in
 * double, bucket by bucket in order, so the bits depend neither on threads nor on the number of
 * workers.
 *
 * @param forgetNorm |f|, 0 where the step has nothing to forget
 * @param retainNorm |r|
 * @param cosine from -1 (each undoes the other) to 1; null where f or r is 0
 * @param projected whether something was removed from f
 */
public record GradientConflict(
    @JsonProperty("forget_grad_norm") double forgetNorm,
    @JsonProperty("retain_grad_norm") double retainNorm,
    @JsonProperty("grad_cosine") Double cosine,
    @JsonProperty("grad_projected") boolean projected) {

  private record Products(double ff, double fr, double rr) {
    Products add(Products other) {
      return new Products(ff + other.ff, fr + other.fr, rr + other.rr);
    }
  }

  /**
   * Compares the two gradients and adds them.
   *
   * @param forget the buckets of f; on return they hold the sum
   * @param retain the buckets of r
   */
  static GradientConflict join(float[][] forget, float[][] retain, GradientMode mode) {
    Products all =
        Arrays.stream(products(forget, retain)).reduce(new Products(0, 0, 0), Products::add);
    boolean projected = mode == GradientMode.PROJECTED && all.fr < 0;
    double share = projected ? all.fr / all.rr : 0;
    IntStream.range(0, forget.length).parallel().forEach(b -> add(forget[b], retain[b], share));
    double forgetNorm = StrictMath.sqrt(all.ff);
    double retainNorm = StrictMath.sqrt(all.rr);
    return new GradientConflict(
        forgetNorm, retainNorm, cosine(all.fr, forgetNorm * retainNorm), projected);
  }

  private static Double cosine(double product, double norms) {
    return norms == 0 ? null : Double.valueOf(Math.max(-1, Math.min(1, product / norms)));
  }

  private static Products[] products(float[][] forget, float[][] retain) {
    return IntStream.range(0, forget.length)
        .parallel()
        .mapToObj(b -> products(forget[b], retain[b]))
        .toArray(Products[]::new);
  }

  private static Products products(float[] forget, float[] retain) {
    double ff = 0;
    double fr = 0;
    double rr = 0;
    for (int i = 0; i < forget.length; i++) {
      double f = forget[i];
      double r = retain[i];
      ff += f * f;
      fr += f * r;
      rr += r * r;
    }
    return new Products(ff, fr, rr);
  }

  private static void add(float[] forget, float[] retain, double share) {
    for (int i = 0; i < forget.length; i++) {
      forget[i] = (float) (forget[i] - share * retain[i]) + retain[i];
    }
  }
}
