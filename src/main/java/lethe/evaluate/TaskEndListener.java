package lethe.evaluate;

import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Says after every task that there is something to tell. */
final class TaskEndListener extends SparkListener implements AutoCloseable {
  private final SparkContext spark;
  private final Runnable told;

  TaskEndListener(SparkContext spark, Runnable told) {
    this.spark = spark;
    this.told = told;
  }

  void begin() {
    spark.addSparkListener(this);
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    told.run();
  }

  @Override
  public void close() {
    spark.removeSparkListener(this);
  }
}
