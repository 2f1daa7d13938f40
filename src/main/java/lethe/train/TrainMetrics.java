package lethe.train;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;

/**
 * The newest step's numbers as a Spark metrics source, so that they show in the sinks that a
 * cluster already has: {@code lethe.<stage>.step}, {@code .tokens_per_second}, {@code .wait_share},
 * {@code .wire_bytes}, {@code .grad_norm}, {@code .learning_rate}, and {@code .loss.<role>} for
 * each role.
 */
final class TrainMetrics implements Source, AutoCloseable {
  private final MetricRegistry registry = new MetricRegistry();
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
    SparkEnv.get().metricsSystem().registerSource(this);
  }

  private void number(String stage, String name, ToDoubleFunction<StepRecord> of) {
    Gauge<Double> gauge =
        () -> Optional.ofNullable(newest.get()).map(of::applyAsDouble).orElse(Double.NaN);
    registry.register(MetricRegistry.name(stage, name), gauge);
  }

  void step(StepRecord step) {
    newest.set(step);
  }

  @Override
  public String sourceName() {
    return "lethe";
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }

  @Override
  public void close() {
    SparkEnv.get().metricsSystem().removeSource(this);
  }
}
