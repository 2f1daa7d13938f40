package lethe.train.optimizer;

/**
 * The learning rate of each step: a linear warm-up, then a decay.
 *
 * <p>The warm-up's first step has a rate above zero, so no step is wasted (Hugging Face's first
 * step has rate zero). StrictMath keeps the bits the same on every processor.
 *
 * @param peak highest rate
 * @param steps of the whole run
 * @param warmUp steps below the peak
 * @param decay after the warm-up
 */
public record LearningRateSchedule(double peak, int steps, int warmUp, Decay decay)
    implements StepRates {
  /** The curve after the warm-up. */
  public enum Decay {
    COSINE,
    LINEAR,
    CONSTANT
  }

  @Override
  public double rate(int step) {
    if (step < warmUp) {
      return peak * (step + 1) / (warmUp + 1);
    }
    double progress = (double) (step - warmUp) / Math.max(1, steps - warmUp);
    return switch (decay) {
      case COSINE -> peak * 0.5 * (1 + StrictMath.cos(StrictMath.PI * progress));
      case LINEAR -> peak * (1 - progress);
      case CONSTANT -> peak;
    };
  }
}
