package lethe.spark;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.function.DoubleSupplier;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;

/** Publishes numbers of this process to the cluster's existing metrics sinks. */
public final class MetricsSource implements Source, AutoCloseable {
  private final String name;
  private final MetricRegistry registry = new MetricRegistry();

  /**
   * @param name prefix of the names of all its numbers
   */
  public MetricsSource(String name) {
    this.name = name;
  }

  /** Adds a number; to be called before {@link #register}. */
  public void add(String number, DoubleSupplier value) {
    registry.register(number, (Gauge<Double>) value::getAsDouble);
  }

  /** Publishes the numbers from now until {@link #close}. */
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
