package lethe;

import java.util.Map;

/**
 * Spark's settings for stages that run in the test's own process: on so little data, compiling and
 * re-planning a query would take longer than running it.
 */
public final class OneProcess {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.master", "local[1]",
          "spark.ui.enabled", "false",
          "spark.buffer.pageSize", "1m",
          "spark.sql.shuffle.partitions", "2",
          "spark.sql.adaptive.enabled", "false",
          "spark.sql.codegen.wholeStage", "false",
          "spark.sql.codegen.factoryMode", "NO_CODEGEN");

  private OneProcess() {}

  /** From here on, a Spark application of this process has them. */
  public static void begin() {
    SETTINGS.forEach(System::setProperty);
  }

  /** Undoes {@link #begin}. */
  public static void end() {
    SETTINGS.keySet().forEach(System::clearProperty);
  }
}
