package lethe.train;

import java.util.Arrays;
import java.util.Optional;

/**
 * What is known of a step's gradient before it is clipped.
 *
 * @param norm of the whole, as it is applied; not finite if any element is not
 * @param terms how its two sides stand to each other, if they were told apart
 */
record StepGradient(double norm, Optional<TermGradients> terms) {
  /**
   * Of a gradient as it has arrived.
   *
   * @param gradient bucket by bucket, one side after the other; on return the first buckets hold
   *     what is to be applied
   */
  static StepGradient of(float[][] gradient, Separation separation) {
    if (separation == Separation.JOINED) {
      return new StepGradient(AdamW.norm(gradient), Optional.empty());
    }
    TermGradients terms = TermGradients.join(gradient, separation);
    float[][] sum = Arrays.copyOf(gradient, gradient.length / 2);
    return new StepGradient(AdamW.norm(sum), Optional.of(terms));
  }
}
