package lethe.folder;

import java.util.concurrent.ThreadFactory;

/** Threads that keep no process alive, such as the one that refreshes a lease. */
public final class DaemonThread {
  private DaemonThread() {}

  /** Makes threads that all have one name. */
  public static ThreadFactory named(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
