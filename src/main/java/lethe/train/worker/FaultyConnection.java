package lethe.train.worker;

import java.util.List;
import java.util.Optional;
import java.util.function.ObjIntConsumer;
import lethe.train.exchange.DriverConnection;
import lethe.train.exchange.GradientUpload;
import lethe.train.exchange.Slot;
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
    driver.pull(step, layout, wire, dying(step, layout, Moment.PULL, each));
  }

  @Override
  public void pullMoved(
      int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each) {
    driver.pullMoved(step, layout, wire, dying(step, layout, Moment.MOVED, each));
  }

  /** Takes half the buckets, and dies if this is the moment. */
  private ObjIntConsumer<float[]> dying(
      int step, ParameterLayout layout, Moment moment, ObjIntConsumer<float[]> each) {
    return (values, bucket) -> {
      each.accept(values, bucket);
      if (bucket == layout.buckets().count() / 2) {
        fault.killWorkerAt(worker, step, moment);
      }
    };
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
  public GradientUpload upload(
      int step, List<Integer> nodes, ParameterLayout layout, WireFormat wire) {
    GradientUpload upload = driver.upload(step, nodes, layout, wire);
    return fault.strikes(worker, step, Moment.PUSH)
        ? new Interrupted(upload, step, layout.buckets().count() / 2)
        : upload;
  }

  /** An upload of which the first buckets arrive. */
  private final class Interrupted implements GradientUpload {
    private final GradientUpload upload;
    private final int step;
    private int left;

    Interrupted(GradientUpload upload, int step, int buckets) {
      this.upload = upload;
      this.step = step;
      this.left = buckets;
    }

    @Override
    public void send(Slot slot, List<float[]> sums) {
      if (left-- == 0) {
        upload.await();
        fault.killWorkerAt(worker, step, Moment.PUSH);
      }
      upload.send(slot, sums);
    }

    @Override
    public void await() {
      upload.await();
    }
  }

  @Override
  public void unable(IllegalArgumentException why) {
    driver.unable(why);
  }
}
