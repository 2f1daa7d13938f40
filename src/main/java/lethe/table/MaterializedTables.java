package lethe.table;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

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

  /** Rows that every partition may bring along, however many partitions there are. */
  private static final int LEAST_SHARE = 64;

  private final List<Dataset<Row>> kept = new ArrayList<>();

  /** Materializes a table; the result is kept until this is closed. */
  public Dataset<Row> keep(Dataset<Row> table) {
    // A Dataset reuses the RDD that it made first: only a Dataset made after persist is cached.
    Dataset<Row> cached = table.toDF().persist(StorageLevel.MEMORY_AND_DISK());
    JavaRDD<Row> rows = cached.javaRDD();
    List<Row> few =
        rows.getNumPartitions() == 1
            ? cached.limit((int) MOST_ROWS_COLLECTED + 1).collectAsList()
            : few(rows);
    if (few == null || few.size() > MOST_ROWS_COLLECTED) {
      kept.add(cached);
      return table.sparkSession().createDataFrame(rows, cached.schema());
    }
    cached.unpersist();
    return local(table.sparkSession(), few, cached.schema());
  }

  /**
   * All rows of a table that has few, else null. The job that computes the table counts each
   * partition's rows and brings them along if they are few; only a table with few rows, but many in
   * one partition, takes another job.
   */
  private static List<Row> few(JavaRDD<Row> rows) {
    int share =
        Math.max(LEAST_SHARE, (int) MOST_ROWS_COLLECTED / Math.max(1, rows.getNumPartitions()));
    List<Tuple2<Long, List<Row>>> shares =
        rows.mapPartitions(partition -> List.of(counted(partition, share)).iterator()).collect();
    if (shares.stream().mapToLong(Tuple2::_1).sum() > MOST_ROWS_COLLECTED) {
      return null;
    }
    boolean whole = shares.stream().allMatch(part -> part._1 == part._2.size());
    return whole ? shares.stream().flatMap(part -> part._2.stream()).toList() : rows.collect();
  }

  /** How many rows there are, and the first of them. */
  private static Tuple2<Long, List<Row>> counted(Iterator<Row> rows, int most) {
    List<Row> first = new ArrayList<>();
    long count = 0;
    for (; rows.hasNext(); count++) {
      Row row = rows.next();
      if (count < most) {
        first.add(row);
      }
    }
    return new Tuple2<>(count, first);
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
