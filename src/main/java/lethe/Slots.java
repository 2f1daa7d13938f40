package lethe;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lethe.settings.InvalidSettings;
import org.apache.spark.SparkConf;

/**
 * Whether the cluster can hold the workers, as far as the name of its master tells: a barrier stage
 * that cannot start waits for ever.
 */
final class Slots {
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,.*");

  private Slots() {}

  /**
   * @throws InvalidSettings when there are too few executors, or one of them is too small for a
   *     worker
   */
  static void check(Job job) {
    check(
        new SparkConf().get("spark.master", "local[*]"),
        job.train().workers(),
        job.train().threads());
  }

  static void check(String master, int workers, int threads) {
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    if (master.startsWith("local[") || master.equals("local")) {
      if (workers > 1) {
        throw wrong(
            master,
            workers,
            "it is one process; set train.workers=1, or spark.master=local-cluster["
                + workers
                + ","
                + threads
                + ",4096]");
      }
    } else if (cluster.matches()) {
      int executors = Integer.parseInt(cluster.group(1));
      int cores = Integer.parseInt(cluster.group(2));
      if (executors < workers) {
        throw wrong(
            master,
            workers,
            "it has "
                + executors
                + " executors; set train.workers="
                + executors
                + " or give the cluster more");
      }
      if (cores < threads) {
        throw wrong(
            master,
            workers,
            "its executors have " + cores + " cores and train.threads is " + threads);
      }
    }
  }

  private static InvalidSettings wrong(String master, int workers, String why) {
    return new InvalidSettings(
        List.of("Cannot run train.workers=" + workers + " on spark.master=" + master + ": " + why));
  }
}
