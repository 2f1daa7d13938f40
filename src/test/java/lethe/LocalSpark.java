package lethe;

import org.apache.spark.sql.SparkSession;

/** One Spark in the test's own JVM, for all tests that need one. */
public final class LocalSpark {
  public static final SparkSession SESSION = start();

  private LocalSpark() {}

  private static SparkSession start() {
    SparkSession session =
        SparkSession.builder()
            .master("local[2]")
            .appName("lethe-test")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.warehouse.dir", BuildFolder.path("warehouse").toString())
            // Small data: compiling and re-planning a query would take longer than running it.
            .config("spark.buffer.pageSize", "1m")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .getOrCreate();
    session.sparkContext().setLogLevel("ERROR");
    return session;
  }
}
