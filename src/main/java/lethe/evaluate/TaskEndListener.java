package lethe.evaluate;

import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Runs something after every task. */
final class TaskEndListener extends SparkListener implements AutoCloseable {
  private final SparkContext spark;
  private final Runnable action;

  TaskEndListener(SparkContext spark, Runnable action) {
    this.spark = spark;
    this.action = action;
  }

  void begin() {
    spark.addSparkListener(this);
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    action.run();
  }

  @Override
  public void close() {
    spark.removeSparkListener(this);
  }
}
