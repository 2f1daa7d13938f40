package lethe.corpus;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * Small tables that are asked for again: each is computed once, and cut off from how it was made,
 * because a plan that holds the plans of all tables before it takes Spark longer to think about
 * than to run. What is lost with an executor is computed again.
 */
final class Tables implements AutoCloseable {
  private final List<Dataset<Row>> kept = new ArrayList<>();

  /** The same rows; they stay until this is closed. */
  Dataset<Row> keep(Dataset<Row> table) {
    kept.add(table.persist(StorageLevel.MEMORY_AND_DISK()));
    return table.sparkSession().createDataFrame(table.javaRDD(), table.schema());
  }

  @Override
  public void close() {
    kept.forEach(Dataset::unpersist);
  }
}
