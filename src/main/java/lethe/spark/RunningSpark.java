package lethe.spark;

import org.apache.spark.sql.SparkSession;
import scala.Option;

/** The Spark application of this process. */
public final class RunningSpark {
  private RunningSpark() {}

  /** Ends it, with all work of its executors; nothing where none runs. May be called anywhere. */
  public static void stop() {
    Option<SparkSession> spark = SparkSession.getDefaultSession();
    if (spark.isDefined()) {
      spark.get().stop();
    }
  }
}
