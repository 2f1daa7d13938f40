package lethe.run;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The master {@code local-cluster[workers,cores,MiB]}: executor processes on this machine.
 *
 * @param workers in Spark's sense: each has as many executors as its cores allow
 * @param cores of each worker
 * @param mebibytes memory of each worker
 */
record LocalCluster(int workers, int cores, long mebibytes) {
  /** As Spark reads it, but for numbers of any length. */
  private static final Pattern MASTER =
      Pattern.compile("local-cluster\\[\\s*(\\d{1,6})\\s*,\\s*(\\d{1,6})\\s*,\\s*(\\d{1,9})\\s*]");

  /** Nothing for any other master, and for one that Spark cannot read. */
  static Optional<LocalCluster> of(String master) {
    Matcher match = MASTER.matcher(master);
    return match.matches()
        ? Optional.of(
            new LocalCluster(
                Integer.parseInt(match.group(1)),
                Integer.parseInt(match.group(2)),
                Long.parseLong(match.group(3))))
        : Optional.empty();
  }
}
