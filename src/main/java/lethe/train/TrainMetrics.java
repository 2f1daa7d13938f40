package lethe.train;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;
import lethe.spark.MetricsSource;

/**
 * The newest step's numbers as a Spark metrics source, so that they show in the sinks that a
 * cluster already has: {@code lethe.<stage>.step}, {@code .tokens_per_second}, {@code .wait_share},
 * {@code .wire_bytes}, {@code .grad_norm}, {@code .learning_rate}, and {@code .loss.<role>} for
 * each role.
 */
final class TrainMetrics implements AutoCloseable {
  private final MetricsSource source = new MetricsSource("lethe");
  private final AtomicReference<StepRecord> newest = new AtomicReference<>();

  /**
   * Registers with this process's Spark.
   *
   * @param stage for example {@code unlearn}
   * @param roles whose losses there will be
   */
  TrainMetrics(String stage, Iterable<String> roles) {
    number(stage, "step", StepRecord::step);
    number(stage, "tokens_per_second", StepRecord::tokensPerSecond);
    number(stage, "wait_share", StepRecord::waitShare);
    number(stage, "wire_bytes", StepRecord::wireBytes);
    number(stage, "grad_norm", StepRecord::gradNorm);
    number(stage, "learning_rate", StepRecord::learningRate);
    for (String role : roles) {
      number(stage, "loss." + role, step -> step.losses().get(role));
    }
    source.register();
  }

  private void number(String stage, String name, ToDoubleFunction<StepRecord> of) {
    source.add(
        stage + "." + name,
        () -> Optional.ofNullable(newest.get()).map(of::applyAsDouble).orElse(Double.NaN));
  }

  void step(StepRecord step) {
    newest.set(step);
  }

  @Override
  public void close() {
    source.close();
  }
}
