package lethe.train.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import lethe.settings.InvalidSettings;
import lethe.settings.LaunchEnvironment;

/**
 * A process death that a test requests, at a moment no clock could hit: a process that finds the
 * request in its environment kills itself at that moment by {@code kill -9}. {@code
 * LETHE_FAULT=worker/1/4/push} kills the process of worker 1 in step 4 while it sends its gradient,
 * the first time only; {@code driver/7} kills the driver when step 7 is applied. {@code @FILE}
 * names a file of this machine that says so when a training begins, or that is not there.
 *
 * @param worker from 0, or -1 for the driver
 * @param step from 1
 * @param moment of the step
 */
public record FaultInjection(int worker, int step, Moment moment) {
  public static final String VARIABLE = LaunchEnvironment.LETHE_FAULT.name();

  private static final int DRIVER = -1;

  /** When a worker dies. */
  public enum Moment {
    /** Its gradient is ready, but none of it is sent. */
    COMPUTED,
    /** Half its buckets are sent. */
    PUSH,
    /** Half the buckets of the step's moved weights have arrived, see {@code Sharpness}. */
    MOVED,
    /** All is sent, and half the buckets of the next step's weights have arrived. */
    PULL,
    /** All is sent, and its sums for the probe after the step are computed but not sent. */
    PROBE,
    /** The driver only: a step is applied. */
    APPLIED
  }

  /**
   * The fault that the environment of this process requests.
   *
   * @throws InvalidSettings when it cannot be read
   */
  public static Optional<FaultInjection> asked() {
    return Optional.ofNullable(System.getenv(VARIABLE)).flatMap(FaultInjection::requested);
  }

  static Optional<FaultInjection> requested(String text) {
    if (!text.startsWith("@")) {
      return Optional.of(read(text));
    }
    try {
      return Optional.of(read(Files.readString(Path.of(text.substring(1)))));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new InvalidSettings(unreadable(text), e);
    }
  }

  static FaultInjection read(String text) {
    String[] parts = text.split("/");
    try {
      if (parts.length == 2 && parts[0].equals("driver")) {
        return new FaultInjection(DRIVER, Integer.parseInt(parts[1]), Moment.APPLIED);
      }
      if (parts.length == 4 && parts[0].equals("worker")) {
        return new FaultInjection(
            Integer.parseInt(parts[1]),
            Integer.parseInt(parts[2]),
            Moment.valueOf(parts[3].toUpperCase(Locale.ROOT)));
      }
    } catch (IllegalArgumentException e) {
      throw new InvalidSettings(unreadable(text), e);
    }
    throw new InvalidSettings(unreadable(text));
  }

  private static String unreadable(String text) {
    return "Cannot read %s=%s: it is driver/STEP or worker/WORKER/STEP/computed|push|moved|pull|probe, or @ and a file that says so"
        .formatted(VARIABLE, text);
  }

  /**
   * Dies if this is the moment.
   *
   * @param at from 0
   */
  void killWorkerAt(int number, int at, Moment now) {
    if (strikes(number, at, now)) {
      die();
    }
  }

  /**
   * Whether this is the moment.
   *
   * @param at from 0
   */
  boolean strikes(int number, int at, Moment now) {
    // After sending its gradient a worker fetches and probes the weights of the next step.
    int expected = moment == Moment.PULL || moment == Moment.PROBE ? step : step - 1;
    return worker == number && at == expected && moment == now;
  }

  /**
   * Dies if this is the moment.
   *
   * @param applied steps
   */
  public void killDriverAt(int applied) {
    if (worker == DRIVER && applied == step) {
      die();
    }
  }

  private static void die() {
    try {
      new ProcessBuilder("kill", "-9", String.valueOf(ProcessHandle.current().pid())).start();
    } catch (IOException e) {
      throw new IllegalStateException("Cannot kill this process", e);
    }
    while (true) {
      LockSupport.park(); // wait for the signal
    }
  }
}
