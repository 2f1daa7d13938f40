package lethe.train;

import java.time.Duration;
import java.util.Optional;
import lethe.settings.Section;

/**
 * How a model is trained.
 *
 * @param batch examples of each role a step
 * @param microBatch examples a pass
 * @param steps optimizer steps; wins over epochs
 * @param epochs over the first role's split
 * @param learningRate peak
 * @param decay of the rate after the warm-up
 * @param warmUp share of the steps, 0 to 1
 * @param weightDecay decoupled
 * @param clipNorm largest global norm of a gradient
 * @param seed of the order of examples
 * @param workers executors
 * @param compute of a worker
 * @param shards virtual shards of a step, a power of two
 * @param port of the aggregator; 0 for any
 * @param checkpointEvery steps between two checkpoints
 * @param wire how gradients and weights travel
 * @param recoveryTimeout how long a stage may lack a worker before it is launched anew with those
 *     there are
 * @param stepTimeout longest step
 */
public record TrainSettings(
    int batch,
    int microBatch,
    Optional<Integer> steps,
    double epochs,
    double learningRate,
    Schedule.Decay decay,
    double warmUp,
    double weightDecay,
    double clipNorm,
    long seed,
    int workers,
    ComputeSettings compute,
    int shards,
    int port,
    int checkpointEvery,
    Wire wire,
    Duration recoveryTimeout,
    Duration stepTimeout) {

  /**
   * Reads {@code train}, with the keys of another section laid over it.
   *
   * @param root of the settings
   * @param over for example {@code pretrain}: its keys win
   */
  public static TrainSettings read(Section root, String over) {
    Section all = root.section("train");
    Section first = root.section(over);
    int workers = all.count("workers", 1);
    int shards = all.count("shards", 1);
    if (Integer.bitCount(shards) != 1) {
      all.problem("shards", "must be a power of two, was " + shards);
    } else if (shards < workers) {
      all.problem("shards", "must be at least train.workers (" + workers + "), was " + shards);
    }
    return new TrainSettings(
        pick(first, all, "batch").count("batch", 1),
        pick(first, all, "micro-batch").count("micro-batch", 1),
        pick(first, all, "steps").optionalCount("steps", 1),
        pick(first, all, "epochs").number("epochs", 1e-9, 1e6),
        pick(first, all, "learning-rate").number("learning-rate", 1e-12, 10),
        pick(first, all, "schedule").choice("schedule", Schedule.Decay.class),
        pick(first, all, "warm-up").number("warm-up", 0, 1),
        pick(first, all, "weight-decay").number("weight-decay", 0, 1),
        pick(first, all, "clip-norm").number("clip-norm", 1e-9, 1e9),
        all.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        workers,
        ComputeSettings.read(all),
        shards,
        (int) all.whole("aggregator-port", 0, 65535),
        all.count("checkpoint-every", 1),
        all.choice("wire", Wire.class),
        Duration.ofSeconds(all.count("recovery-timeout", 1)),
        Duration.ofSeconds(all.count("step-timeout", 1)));
  }

  /** For matrix products, a worker. */
  public int threads() {
    return compute.threads();
  }

  private static Section pick(Section first, Section all, String key) {
    return first.has(key) ? first : all;
  }

  /**
   * Examples a step, for a split that may be smaller than a batch: none is used twice in one step.
   *
   * @param available examples of the first role's split
   */
  int perStep(long available) {
    return (int) Math.min(batch, available);
  }

  /**
   * Steps of the run: a remainder that does not fill a step makes none, but there is at least one.
   */
  int steps(long available) {
    return steps.orElseGet(
        () -> (int) Math.max(1, (long) (epochs * available / perStep(available))));
  }

  Schedule schedule(int steps) {
    return new Schedule(learningRate, steps, (int) Math.ceil(warmUp * steps), decay);
  }
}
