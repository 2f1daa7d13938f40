package lethe.table;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * Tables that are used more than once: each is computed once and cut off from its lineage, because
 * planning a query with the full lineage takes Spark longer than running it. Partitions lost with
 * an executor are computed again.
 */
public final class MaterializedTables implements AutoCloseable {
  /**
   * Most rows of a table that the driver keeps itself, some ten megabytes: running a task would
   * cost more.
   */
  private static final long MOST_ROWS_COLLECTED = 10_000;

  private final List<Dataset<Row>> kept = new ArrayList<>();

  /** Rows of the tables that the driver keeps itself. */
  private final IdentityHashMap<Dataset<Row>, List<Row>> few = new IdentityHashMap<>();

  /** Materializes a table; the result is kept until this is closed. */
  public Dataset<Row> keep(Dataset<Row> table) {
    // A Dataset reuses the RDD that it made first: only a Dataset made after persist is cached.
    Dataset<Row> cached = table.toDF().persist(StorageLevel.MEMORY_AND_DISK());
    JavaRDD<Row> rows = cached.javaRDD();
    Optional<List<Row>> found =
        rows.getNumPartitions() == 1
            ? Optional.of(cached.limit((int) MOST_ROWS_COLLECTED + 1).collectAsList())
                .filter(all -> all.size() <= MOST_ROWS_COLLECTED)
            : FewRows.of(rows, row -> 1, MOST_ROWS_COLLECTED);
    if (found.isEmpty()) {
      kept.add(cached);
      return table.sparkSession().createDataFrame(rows, cached.schema());
    }
    cached.unpersist();
    Dataset<Row> local = local(table.sparkSession(), found.get(), cached.schema());
    few.put(local, found.get());
    return local;
  }

  /**
   * The rows of a table that {@link #keep} returned, if the driver has them.
   *
   * @param table the same object
   */
  public Optional<List<Row>> few(Dataset<Row> table) {
    return Optional.ofNullable(few.get(table));
  }

  /**
   * Such a table for conditions and columns that look at one row at a time: of few rows Spark finds
   * the answer when it plans, without a job.
   */
  public Dataset<Row> rowByRow(Dataset<Row> table) {
    return few(table)
        .map(rows -> table.sparkSession().createDataFrame(rows, table.schema()))
        .orElse(table);
  }

  /** How many rows such a table has; of one with few rows without a job. */
  public long count(Dataset<Row> table) {
    return few(table).map(rows -> (long) rows.size()).orElseGet(table::count);
  }

  /** In one partition: Spark then joins and groups without a shuffle. */
  private static Dataset<Row> local(SparkSession spark, List<Row> rows, StructType schema) {
    return spark.createDataFrame(rows, schema).coalesce(1);
  }

  @Override
  public void close() {
    kept.forEach(Dataset::unpersist);
  }
}
