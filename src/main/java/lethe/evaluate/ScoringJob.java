package lethe.evaluate;

import java.time.Duration;
import lethe.table.CachedTable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/** Computes tables of chunks on the executors, each once, and says how far it is. */
record ScoringJob(SparkSession spark, Evaluate.Progress progress) {

  /** Rows of some chunks. */
  interface Work {
    /**
     * @param done counts chunks
     * @param tokens counts theirs
     */
    Dataset<Row> rows(LongAccumulator done, LongAccumulator tokens);
  }

  /**
   * Reads a table, computing and writing it first unless it is current.
   *
   * @param name under which progress is reported
   * @param all that there is to do
   */
  Dataset<Row> readOrCompute(String name, CachedTable table, Evaluate.Amount all, Work work) {
    LongAccumulator done = spark.sparkContext().longAccumulator();
    LongAccumulator tokens = spark.sparkContext().longAccumulator();
    if (table.isCurrent()) {
      progress.reused(name);
      return table.readOrCompute(spark, () -> work.rows(done, tokens));
    }
    long begun = System.nanoTime();
    spark.sparkContext().setJobDescription("evaluate " + name);
    Runnable report =
        () ->
            progress.scored(
                name,
                new Evaluate.Amount(done.value(), tokens.value()),
                all,
                Duration.ofNanos(System.nanoTime() - begun));
    Dataset<Row> rows;
    try (TaskEndListener watch = new TaskEndListener(spark.sparkContext(), report)) {
      watch.begin();
      rows = table.readOrCompute(spark, () -> work.rows(done, tokens));
    } finally {
      spark.sparkContext().setJobDescription(null);
    }
    progress.finished(name, tokens.value(), Duration.ofNanos(System.nanoTime() - begun));
    return rows;
  }
}
