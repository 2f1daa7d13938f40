package lethe.table;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/**
 * Settings of Spark's SQL under which queries over little data end sooner: making code for a query,
 * and a job of its own for each of its shuffles, cost seconds and save milliseconds there.
 */
public final class QuickPlans {
  private static final Map<String, String> QUICK =
      Map.of(
          "spark.sql.adaptive.enabled", "false",
          "spark.sql.codegen.wholeStage", "false",
          "spark.sql.codegen.factoryMode", "NO_CODEGEN");

  private static final String PARTITIONS = "spark.sql.shuffle.partitions";

  private QuickPlans() {}

  /**
   * Does something under these settings; those that the user has set stay, but for the partitions.
   *
   * @param partitions of a shuffle, at most
   */
  public static <R> R within(SparkSession spark, int partitions, Supplier<R> work) {
    return within(spark, partitions, spark.sparkContext().getConf()::contains, work);
  }

  /** The same, with the keys that the user has set. */
  static <R> R within(SparkSession spark, int partitions, Predicate<String> set, Supplier<R> work) {
    Map<String, String> quick = new HashMap<>(QUICK);
    quick.keySet().removeIf(set);
    if (Integer.parseInt(spark.conf().get(PARTITIONS)) > partitions) {
      quick.put(PARTITIONS, String.valueOf(partitions));
    }
    Map<String, String> before = new HashMap<>();
    quick.keySet().forEach(key -> before.put(key, spark.conf().get(key)));
    try {
      quick.forEach((key, value) -> spark.conf().set(key, value));
      return work.get();
    } finally {
      before.forEach((key, value) -> spark.conf().set(key, value));
    }
  }
}
