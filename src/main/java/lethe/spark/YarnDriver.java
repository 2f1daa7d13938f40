package lethe.spark;

import org.apache.spark.SparkException;

/** A driver inside YARN's application master, which reports to YARN how the program ended. */
public final class YarnDriver {
  private YarnDriver() {}

  /** Whether this process is one. */
  public static boolean isThisProcess() {
    return System.getProperty("spark.master", "").equals("yarn")
        && System.getProperty("spark.submit.deployMode", "").equals("cluster");
  }

  /**
   * Ends the program. To end the process, too, would count as a failure, whatever the code.
   *
   * @param code of the program's exit, 0 for success
   * @throws SparkException by which the application master learns of another code
   */
  public static void end(int code) throws SparkException {
    if (code != 0) {
      // SparkUserAppException, which tells YARN the code itself, is made in another way in 4.2
      throw new SparkException("Lethe ended with exit code " + code + ", as its log says");
    }
  }
}
