package lethe.command;

import java.util.List;
import java.util.stream.Collectors;
import lethe.check.Validation;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.settings.LaunchEnvironment;
import org.apache.spark.SparkConf;

/** What submit.sh asks before it starts Spark. */
final class Submission {
  /** The heap of the embedded Spark's driver, as in submit.sh. */
  private static final String DRIVER_MEMORY = "2g";

  private Submission() {}

  /** Checks a run with the settings that spark-submit will get. */
  static Validation validation(RunConfig config, Validation.Phase phase) {
    SparkConf conf = new SparkConf(false);
    SubmitArguments.settings(config).forEach(conf::set);
    return new Validation(config, conf, heap(conf), phase);
  }

  /** Bytes of the driver's heap, as far as settings say. */
  private static long heap(SparkConf conf) {
    String otherwise = LaunchEnvironment.LETHE_EMBEDDED.isTrue() ? DRIVER_MEMORY : "";
    if (otherwise.isEmpty() && !conf.contains("spark.driver.memory")) {
      return Long.MAX_VALUE;
    }
    try {
      return conf.getSizeAsMb("spark.driver.memory", otherwise) << 20;
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE; // one of the problems that validation reports
    }
  }

  /** Prints arguments of spark-submit as submit.sh reads them, each ended by a zero byte. */
  static void print(List<String> arguments) {
    System.out.print(arguments.stream().map(a -> a + "\0").collect(Collectors.joining()));
  }
}
