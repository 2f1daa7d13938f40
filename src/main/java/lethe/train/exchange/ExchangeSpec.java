package lethe.train.exchange;

import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.Sharpness;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.StepRates;

/**
 * What the driver's and the workers' halves of one launch agree on.
 *
 * @param layout of the vector that travels
 * @param schedule of the learning rate
 * @param wire how values travel
 * @param gradientMode whether a gradient travels in parts
 * @param sharpness whether one more part is the gradient of the forget terms at other weights
 * @param tree along which the shards' gradients are added
 * @param launch of the training stage, from 0
 * @param workers of it
 */
public record ExchangeSpec(
    ParameterLayout layout,
    StepRates schedule,
    WireFormat wire,
    GradientMode gradientMode,
    Sharpness sharpness,
    ShardTree tree,
    int launch,
    int workers) {
  /** A specification without sharpness. */
  public ExchangeSpec(
      ParameterLayout layout,
      StepRates schedule,
      WireFormat wire,
      GradientMode gradientMode,
      ShardTree tree,
      int launch,
      int workers) {
    this(layout, schedule, wire, gradientMode, Sharpness.NONE, tree, launch, workers);
  }

  /** The same for another launch. */
  public ExchangeSpec launch(int number, int ofWorkers) {
    return new ExchangeSpec(
        layout, schedule, wire, gradientMode, sharpness, tree, number, ofWorkers);
  }

  /** What a worker sends to show that it uses the same specification. */
  public static String greeting(
      ParameterLayout layout,
      int workers,
      WireFormat wire,
      GradientMode gradientMode,
      Sharpness sharpness) {
    return "%s %d workers %s %s %s"
        .formatted(layout.buckets(), workers, wire, gradientMode, sharpness);
  }

  /** Number of vectors that a worker sends at a step. */
  int parts() {
    return gradientMode.parts() + sharpness.parts();
  }

  String greeting() {
    return greeting(layout, workers, wire, gradientMode, sharpness);
  }
}
