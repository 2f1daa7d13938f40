package lethe.train.gradient;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A step's gradient before it is clipped: its parts as one.
 *
 * @param vector the gradient to apply, bucket by bucket
 * @param norm of the whole; not finite if any element is not
 * @param conflict how its two parts relate to each other, if they travelled apart
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StepGradient(float[][] vector, double norm, Optional<GradientConflict> conflict) {
  /**
   * Joins the parts of a gradient as they arrived.
   *
   * @param parts [part][bucket][element]; on return the first one is what is to be applied
   * @param retainFactor by which the second part is multiplied first, if it is not 1
   */
  public static StepGradient of(float[][][] parts, GradientMode mode, double retainFactor) {
    if (retainFactor != 1) {
      Arrays.stream(parts[1]).parallel().forEach(bucket -> multiply(bucket, retainFactor));
    }
    Optional<GradientConflict> conflict =
        mode == GradientMode.SUMMED
            ? Optional.empty()
            : Optional.of(GradientConflict.join(parts[0], parts[1], mode));
    return new StepGradient(parts[0], norm(parts[0]), conflict);
  }

  /**
   * The norm of a whole gradient, summed in double, bucket by bucket in a fixed order, so that
   * threads do not change a bit; not finite if any element is not.
   *
   * @param gradient bucket by bucket
   */
  public static double norm(float[][] gradient) {
    double[] sums =
        IntStream.range(0, gradient.length)
            .parallel()
            .mapToDouble(b -> squares(gradient[b]))
            .toArray();
    double sum = 0;
    for (double s : sums) {
      sum += s;
    }
    return StrictMath.sqrt(sum);
  }

  private static void multiply(float[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (factor * values[i]);
    }
  }

  private static double squares(float[] values) {
    double sum = 0;
    for (float v : values) {
      sum += (double) v * v;
    }
    return sum;
  }
}
