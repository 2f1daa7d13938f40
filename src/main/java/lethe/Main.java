package lethe;

import lethe.command.Lethe;
import lethe.spark.YarnDriver;
import org.apache.spark.SparkException;

/** Where the program begins; what it can do is said in {@link Lethe}. */
public final class Main {
  private Main() {}

  /**
   * @throws SparkException in an application master of YARN, which ends the process itself
   */
  public static void main(String[] arguments) throws SparkException {
    int code = Lethe.run(arguments);
    System.out.flush();
    if (YarnDriver.isThisProcess()) {
      YarnDriver.end(code);
    } else {
      // Spark's barrier machinery leaves a thread that is not a daemon.
      System.exit(code);
    }
  }
}
