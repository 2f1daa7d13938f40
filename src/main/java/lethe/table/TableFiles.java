package lethe.table;

import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** How Spark reads and writes the files of a table, wherever Lethe has it do so. */
public final class TableFiles {
  /** Spark's own, undocumented: whether paths are patterns. */
  private static final String PATTERNS = "__globPaths__";

  /** Hadoop's setting for an empty file _SUCCESS, which some readers of Parquet cannot take. */
  private static final String SUCCESS_FILE = "mapreduce.fileoutputcommitter.marksuccessfuljobs";

  private TableFiles() {}

  /** A reader that takes paths as names, even those that look like patterns, such as run[1]. */
  public static DataFrameReader read(SparkSession spark) {
    return spark.read().option(PATTERNS, "false");
  }

  /** A writer that leaves nothing in the folder but the table's parts. */
  public static DataFrameWriter<Row> write(Dataset<Row> rows) {
    return rows.write().option(SUCCESS_FILE, "false");
  }
}
