package lethe.spark;

import java.util.function.BooleanSupplier;
import org.apache.spark.util.SignalUtils;

/** A signal of the system's, through Spark's handlers, which other parts of Spark use too. */
public enum ProcessSignal {
  /** As {@code kill} and clusters send it. */
  SIGTERM("TERM"),
  /** As Ctrl-C sends it. */
  SIGINT("INT");

  private final String name;

  ProcessSignal(String name) {
    this.name = name;
  }

  /**
   * Calls a handler each time this signal comes, from now on.
   *
   * @param handler whether it has dealt with the signal; if not, the process ends as usual
   */
  public void register(BooleanSupplier handler) {
    SignalUtils.register(name, handler::getAsBoolean);
  }
}
