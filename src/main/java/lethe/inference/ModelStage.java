package lethe.inference;

import java.util.Optional;
import lethe.inference.ComputeSettings.DeviceChoice;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Stages whose tasks compute with a model: where executors have GPUs, each task asks for one. All
 * other stages ask for none, so that a GPU never holds them to one task per executor.
 */
public final class ModelStage {
  private ModelStage() {}

  /** Whether executors have GPUs, as far as Spark knows. */
  public static boolean executorsHaveGpus(SparkSession spark) {
    return !spark.conf().get(ComputeSettings.EXECUTOR_GPUS, "0").trim().equals("0");
  }

  /**
   * Applies work to each partition of rows.
   *
   * @param compute how the models compute that the work runs
   * @param schema of the result
   */
  public static <T> Dataset<Row> mapPartitions(
      Dataset<T> rows,
      ComputeSettings compute,
      MapPartitionsFunction<T, Row> work,
      StructType schema) {
    SparkSession spark = rows.sparkSession();
    return profile(spark, compute)
        .map( // a Dataset cannot ask for resources
            gpu ->
                spark.createDataFrame(
                    rows.javaRDD().mapPartitions(work::call).withResources(gpu), schema))
        .orElseGet(() -> rows.mapPartitions(work, Encoders.row(schema)));
  }

  /** The same stage, its tasks with a GPU each if they compute on one. */
  static JavaRDD<Row> withGpu(SparkSession spark, ComputeSettings compute, JavaRDD<Row> stage) {
    return profile(spark, compute).map(stage::withResources).orElse(stage);
  }

  /** What each task of a stage asks for, if anything. In one process Spark assigns no resources. */
  static Optional<ResourceProfile> profile(SparkSession spark, ComputeSettings compute) {
    if (compute.device() == DeviceChoice.CPU
        || !executorsHaveGpus(spark)
        || spark.sparkContext().isLocal()) {
      return Optional.empty();
    }
    TaskResourceRequests one = new TaskResourceRequests().resource("gpu", 1);
    return Optional.of(new ResourceProfileBuilder().require(one).build());
  }
}
