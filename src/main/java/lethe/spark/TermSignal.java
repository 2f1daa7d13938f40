package lethe.spark;

import java.util.function.BooleanSupplier;
import org.apache.spark.util.SignalUtils;

/** SIGTERM, through Spark's handlers, which other parts of Spark use too. */
public final class TermSignal {
  private TermSignal() {}

  /**
   * Calls a handler at each SIGTERM from now on.
   *
   * @param handler whether it has dealt with the signal; if not, the process ends as usual
   */
  public static void register(BooleanSupplier handler) {
    SignalUtils.register("TERM", handler::getAsBoolean);
  }
}
