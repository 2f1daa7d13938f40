package lethe.train;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A request, made from any thread, that training end cleanly and soon: the step under way is
 * finished if it does not take long.
 */
public final class StopRequest {
  /**
   * Time for the step under way: clusters kill a process 30 s after asking it to end, and the other
   * half is needed for the checkpoint.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final AtomicLong since = new AtomicLong();

  /** Asks for the stop; asking again changes nothing. */
  public void request() {
    since.compareAndSet(0, System.nanoTime());
  }

  public boolean requested() {
    return since.get() != 0;
  }

  /** Whether the step under way is out of time. */
  boolean impatient() {
    return requested() && System.nanoTime() - since.get() > PATIENCE.toNanos();
  }
}
