package lethe.train.gradient;

import java.util.Arrays;
import java.util.Optional;
import lethe.train.optimizer.AdamW;

/**
 * What is known of a step's gradient before it is clipped.
 *
 * @param norm of the whole, as it is applied; not finite if any element is not
 * @param terms how its two sides stand to each other, if they were told apart
 */
public record StepGradient(double norm, Optional<GradientConflict> terms) {
  /**
   * Of a gradient as it has arrived.
   *
   * @param gradient bucket by bucket, one side after the other; on return the first buckets hold
   *     what is to be applied
   */
  public static StepGradient of(float[][] gradient, GradientMode separation) {
    if (separation == GradientMode.SUMMED) {
      return new StepGradient(AdamW.norm(gradient), Optional.empty());
    }
    GradientConflict terms = GradientConflict.join(gradient, separation);
    float[][] sum = Arrays.copyOf(gradient, gradient.length / 2);
    return new StepGradient(AdamW.norm(sum), Optional.of(terms));
  }
}
