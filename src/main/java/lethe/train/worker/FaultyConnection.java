package lethe.train.worker;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjIntConsumer;
import lethe.train.exchange.DriverConnection;
import lethe.train.exchange.WorkerReport;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.WireFormat;
import lethe.train.steering.ProbeDecision;
import lethe.train.worker.FaultInjection.Moment;

/**
 * A driver whose calls kill the worker, when a test requests it.
 *
 * @param driver that is called
 * @param fault when to die
 * @param worker that calls, from 0
 */
public record FaultyConnection(DriverConnection driver, FaultInjection fault, int worker)
    implements DriverConnection {
  /** The fault happens once: workers of a later launch or attempt survive. */
  private static final String FIRST = "0.0";

  /**
   * The driver itself, unless the environment requests a fault.
   *
   * @param attempt launch and attempt of the worker
   */
  static DriverConnection ifAsked(DriverConnection driver, String attempt, int worker) {
    Optional<FaultInjection> fault = FaultInjection.asked().filter(f -> attempt.equals(FIRST));
    return fault.<DriverConnection>map(f -> new FaultyConnection(driver, f, worker)).orElse(driver);
  }

  @Override
  public Start hello(String greeting, String environment, String device) {
    return driver.hello(greeting, environment, device);
  }

  @Override
  public void pull(
      int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each) {
    driver.pull(
        step,
        layout,
        wire,
        (values, bucket) -> {
          each.accept(values, bucket);
          if (bucket == layout.buckets().count() / 2) {
            fault.killWorkerAt(worker, step, Moment.PULL);
          }
        });
  }

  @Override
  public ProbeDecision probe(int step, double[] sums) {
    fault.killWorkerAt(worker, step, Moment.PROBE);
    return driver.probe(step, sums);
  }

  @Override
  public void report(int step, WorkerReport report) {
    fault.killWorkerAt(worker, step, Moment.COMPUTED);
    driver.report(step, report);
  }

  @Override
  public void push(int step, List<Integer> nodes, List<float[][][]> sums, WireFormat wire) {
    if (fault.strikes(worker, step, Moment.PUSH)) {
      driver.push(step, nodes, sums.stream().map(FaultyConnection::half).toList(), wire);
      fault.killWorkerAt(worker, step, Moment.PUSH);
    }
    driver.push(step, nodes, sums, wire);
  }

  /** The first of two parts, or half the buckets of a single one. */
  private static float[][][] half(float[][][] sum) {
    return sum.length > 1
        ? Arrays.copyOf(sum, sum.length / 2)
        : new float[][][] {Arrays.copyOf(sum[0], sum[0].length / 2)};
  }

  @Override
  public void unable(IllegalArgumentException why) {
    driver.unable(why);
  }
}
