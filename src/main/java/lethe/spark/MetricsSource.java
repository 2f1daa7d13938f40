package lethe.spark;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.function.DoubleSupplier;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;

/** Numbers of this process for the sinks that a cluster already has. */
public final class MetricsSource implements Source, AutoCloseable {
  private final String name;
  private final MetricRegistry registry = new MetricRegistry();

  /**
   * @param name what the names of all its numbers begin with
   */
  public MetricsSource(String name) {
    this.name = name;
  }

  /** Adds a number; before {@link #register}. */
  public void add(String number, DoubleSupplier value) {
    registry.register(number, (Gauge<Double>) value::getAsDouble);
  }

  /** Shows the numbers from here until {@link #close}. */
  public void register() {
    SparkEnv.get().metricsSystem().registerSource(this);
  }

  @Override
  public String sourceName() {
    return name;
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
