package lethe.settings;

import java.util.Optional;

/**
 * The environment variables that submit.sh, the scripts in jobs/ and the tests set for the program.
 * Each is named here and nowhere else in the program; what a user sets is a setting.
 */
public enum LaunchEnvironment {
  /** "true": Spark is the one under target/spark, on this machine alone. Set by submit.sh. */
  LETHE_EMBEDDED,

  /** Class path of the executors of the embedded Spark. Set by submit.sh. */
  LETHE_CLASSPATH,

  /** File from which executors on that class path load classes faster. Set by submit.sh. */
  LETHE_CLASS_ARCHIVE,

  /**
   * "true": the standard output is a terminal, on which a line may be overwritten. Set by
   * submit.sh.
   */
  LETHE_TERMINAL,

  /** Least level of Lethe's own log lines, read by conf/log4j2.properties. Set by submit.sh. */
  LETHE_LOG,

  /** Where a process kills itself, for tests; see {@code lethe.train.worker.FaultInjection}. */
  LETHE_FAULT;

  /** The variable's value in this process, if it is set. */
  public Optional<String> value() {
    return Optional.ofNullable(System.getenv(name()));
  }

  /** Whether it says "true". */
  public boolean isTrue() {
    return value().filter("true"::equals).isPresent();
  }
}
