package lethe.train;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import lethe.objective.Role;
import lethe.train.exchange.CollectedStep;
import lethe.train.exchange.WorkerReport;
import lethe.train.gradient.StepGradient;

/** Makes the record of a step from what its workers have reported. */
public final class StepRecorder {
  private final List<Role> roles;
  private final IntFunction<long[]> counts;
  private final Clock clock;
  private final int driver;
  private long before = System.nanoTime();

  /**
   * @param roles of the method
   * @param counts by step, from 0, what each role's term was summed over
   * @param clock for the time of day
   * @param driver number of this driver, from 1
   */
  public StepRecorder(List<Role> roles, IntFunction<long[]> counts, Clock clock, int driver) {
    this.roles = roles;
    this.counts = counts;
    this.clock = clock;
    this.driver = driver;
  }

  List<Role> roles() {
    return roles;
  }

  /** What each role's term is summed over in a step. */
  long[] counts(int step) {
    return counts.apply(step);
  }

  /**
   * Called once for each step, when it is applied.
   *
   * @param gradient before clipping
   * @param rate learning rate with which it was applied
   * @param retainFactor by which the retain terms' gradient was multiplied
   * @param launch of the training stage, from 0
   */
  StepRecord record(
      CollectedStep step, StepGradient gradient, double rate, double retainFactor, int launch) {
    List<WorkerReport> reports = step.reports();
    double[] sums = new double[roles.size()];
    // Worker by worker, so shard by shard: the same bits for any number of workers.
    for (WorkerReport report : reports) {
      for (int i = 0; i < report.termSums().length; i++) {
        sums[i % roles.size()] += report.termSums()[i];
      }
    }
    Map<String, Double> losses = new LinkedHashMap<>();
    Map<String, Long> divisors = new LinkedHashMap<>();
    long[] count = counts(step.step());
    for (int r = 0; r < roles.size(); r++) {
      if (count[r] > 0) {
        losses.put(roles.get(r).name(), sums[r] / count[r]);
      }
      divisors.put(roles.get(r).name(), count[r]);
    }
    double seconds = seconds(step.joinedNanos());
    long tokens = reports.stream().mapToLong(WorkerReport::tokens).sum();
    double compute = reports.stream().mapToLong(WorkerReport::computeNanos).sum();
    return new StepRecord(
        step.step() + 1,
        losses,
        divisors,
        gradient.norm(),
        gradient.conflict().orElse(null),
        retainFactor == 1 ? null : retainFactor,
        rate,
        tokens,
        seconds,
        tokens / seconds,
        Math.max(0, 1 - compute / (1e9 * seconds * reports.size())),
        step.bytes(),
        driver,
        launch,
        step.attempt(),
        clock.instant().toString());
  }

  /** Seconds since the previous step, or since all workers joined, if that was later. */
  private double seconds(long joinedNanos) {
    long now = System.nanoTime();
    long from = joinedNanos - before > 0 ? joinedNanos : before;
    before = now;
    return (now - from) / 1e9;
  }
}
