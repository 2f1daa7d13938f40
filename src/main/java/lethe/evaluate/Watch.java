package lethe.evaluate;

import java.util.function.LongConsumer;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;

/** Says after every task how much has been counted. */
final class Watch extends SparkListener implements AutoCloseable {
  private final SparkContext spark;
  private final LongConsumer told;
  private final LongAccumulator counted;

  Watch(SparkContext spark, LongConsumer told, LongAccumulator counted) {
    this.spark = spark;
    this.told = told;
    this.counted = counted;
  }

  void begin() {
    spark.addSparkListener(this);
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    told.accept(counted.value());
  }

  @Override
  public void close() {
    spark.removeSparkListener(this);
  }
}
