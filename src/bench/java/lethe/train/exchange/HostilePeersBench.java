package lethe.train.exchange;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import lethe.train.guard.GuardedAuthentication.Limits;

/**
 * What peers without the secret cost a driver that trains: the longest step while each attack of
 * the tests goes on, and the memory that it takes; then the same without an attack, for comparison.
 * {@code jobs/engine-bench.sh hostile} starts it.
 */
public final class HostilePeersBench {
  private static final double MEBI = 1 << 20;
  private static final int QUIET_STEPS = 500;

  private HostilePeersBench() {}

  /** What is measured while the training goes on. */
  private interface Attempt {
    void on(TrainingOverNetwork training) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    System.out.printf(
        Locale.ROOT,
        "%d processors, heap of %.0f MB%n",
        Runtime.getRuntime().availableProcessors(),
        Runtime.getRuntime().maxMemory() / MEBI);
    System.out.println(
        "                                       longest   allocated     direct   heap at");
    System.out.println(
        "attack                        seconds  step, ms  by network    grown   most, MB");
    for (Attack attack : Attack.values()) {
      measure(attack.name(), training -> attack.on(training.server.port()));
    }
    measure("none", training -> training.worker.goesOn(QUIET_STEPS, Duration.ofMinutes(1)));
    System.exit(0);
  }

  private static void measure(String name, Attempt attempt) throws Exception {
    try (TrainingOverNetwork training =
        new TrainingOverNetwork(Map.of(), Limits.DEFAULT, port -> port)) {
      training.worker.goesOn(100, Duration.ofMinutes(1)); // code is compiled
      training.worker.longestStep();
      System.gc();
      long begun = System.nanoTime();
      try (ServerMemory memory = new ServerMemory()) {
        attempt.on(training);
        double seconds = (System.nanoTime() - begun) / 1e9;
        training.goesOn(); // the step that the attack has met may be the longest
        System.out.printf(
            Locale.ROOT,
            "%-28s %8.2f  %8d  %7.1f MB  %5.1f MB  %8.0f%n",
            name,
            seconds,
            training.worker.longestStep().toMillis(),
            memory.allocated() / MEBI,
            memory.directGrowth() / MEBI,
            memory.heapPeak() / MEBI);
      }
      training.worker.finish();
    }
  }
}
