package lethe.spark;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.v2.FileDataSourceV2;

/** Spark's data sources by the name that a reader is given. */
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
}
