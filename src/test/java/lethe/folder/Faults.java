package lethe.folder;

import java.io.IOException;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Which call of a {@link FaultyFileSystem} fails, and how. One plan for the whole process, since
 * Hadoop makes and shares file systems itself.
 */
public final class Faults {
  /** The number of the call that fails, from 1, as a setting of Hadoop. */
  public static final String AT = "lethe.fault.at";

  /** A {@link How} in lower case, as a setting of Hadoop. */
  public static final String HOW = "lethe.fault.how";

  /** What happens at the call. */
  public enum How {
    /** This call fails; the next ones work. */
    ONCE,
    /**
     * This call and all later ones fail, also those that read: what a stopped process looks like.
     */
    STOPPED,
    /** From this call on, nothing can be created or written, but deleted. */
    FULL,
    /** The process ends at once. */
    HALT
  }

  private static final int EXIT_OF_A_KILLED_PROCESS = 137;

  private static Predicate<Path> counted = path -> true;
  private static How how = How.ONCE;
  private static long at = Long.MAX_VALUE;
  private static long calls;
  private static String first;

  private Faults() {}

  /**
   * Plans a fault and begins to count.
   *
   * @param n the call that fails, from 1
   * @param which paths are counted, and fail
   */
  public static synchronized void plan(long n, How kind, Predicate<Path> which) {
    at = n;
    how = kind;
    counted = which;
    calls = 0;
    first = null;
  }

  /** As {@link #plan(long, How, Predicate)}, for every path. */
  public static void plan(long n, How kind) {
    plan(n, kind, path -> true);
  }

  /** No fault from now on. */
  public static void none() {
    plan(Long.MAX_VALUE, How.ONCE);
  }

  /** The plan that the settings contain, if they do, for a process that a test only starts. */
  static synchronized void planned(Configuration hadoop) {
    if (hadoop.get(AT) != null && at == Long.MAX_VALUE) {
      plan(hadoop.getLong(AT, 0), hadoop.getEnum(HOW, How.HALT));
    }
  }

  /** Calls that were counted since the plan. */
  public static synchronized long calls() {
    return calls;
  }

  /** The call that failed first, for a message; null if none has. */
  public static synchronized String first() {
    return first;
  }

  /** Whether the planned call has been made. */
  public static synchronized boolean reached() {
    return calls >= at;
  }

  /** Called before each call that changes a file. */
  static synchronized void ask(String call, Path path) throws IOException {
    alive();
    if (!counted.test(path)) {
      return;
    }
    calls++;
    boolean takesSpace = call.equals("create") || call.equals("write");
    if (calls < at || (how == How.ONCE && calls > at) || (how == How.FULL && !takesSpace)) {
      return;
    }
    if (first == null) {
      first = call + " of " + path;
    }
    switch (how) {
      case ONCE, STOPPED -> throw new IOException("Planned fault: " + call);
      case FULL -> throw new IOException("No space left on device");
      case HALT -> Runtime.getRuntime().halt(EXIT_OF_A_KILLED_PROCESS);
    }
  }

  /** Called before each call that reads. */
  static synchronized void alive() throws IOException {
    if (how == How.STOPPED && calls >= at) {
      throw new IOException("Planned fault: the process has ended");
    }
  }
}
