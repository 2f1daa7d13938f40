package lethe.spark;

import java.util.OptionalLong;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.execution.datasources.v2.FileDataSourceV2;

/** Spark's data sources by the name that a reader is given, and what they read. */
public final class DataSources {
  private DataSources() {}

  /** Whether a format reads files, which can then be listed. */
  public static boolean ofFiles(SparkSession spark, String format) {
    Class<?> found = DataSource.lookupDataSource(format, spark.sessionState().conf());
    return FileFormat.class.isAssignableFrom(found)
        || FileDataSourceV2.class.isAssignableFrom(found);
  }

  /** {@code spark.sql.files.maxPartitionBytes}. */
  public static long maxPartitionBytes(SparkSession spark) {
    return spark.sessionState().conf().filesMaxPartitionBytes();
  }

  /**
   * Bytes of the files that a table is read from, without reading them; a very large number where
   * Spark has not listed them yet, empty where it reads anything but files.
   */
  public static OptionalLong bytes(Dataset<Row> table) {
    long bytes = 0;
    for (LogicalPlan leaf :
        ScalaCollections.list(table.queryExecution().analyzed().collectLeaves())) {
      if (!(leaf instanceof LogicalRelation read)
          || !(read.relation() instanceof HadoopFsRelation files)) {
        return OptionalLong.empty();
      }
      bytes += Math.min(files.location().sizeInBytes(), Long.MAX_VALUE - bytes);
    }
    return OptionalLong.of(bytes);
  }
}
