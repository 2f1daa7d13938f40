package lethe.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lethe.LocalSpark;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaterializedTablesTest {

  /** A table of few rows is the driver's and has one partition; a larger one keeps its own. */
  @ParameterizedTest
  @CsvSource({
    "0, 4, 1", // none
    "100, 4, 1", // few in each partition
    "5000, 3, 1", // few, but more in one than its share where all are in the last
    "1000, 300, 1", // and a share of none
    "10000, 1, 1",
    "10001, 1, 1", // one partition, whatever its size
    "10001, 4, 4"
  })
  void theRowsStayTheSameAndInTheirOrder(long rows, int partitions, int kept) {
    Dataset<Row> table =
        LocalSpark.SESSION.range(0, rows, 1, partitions).toDF("id").withColumn("one", lit(1));
    assertSame(table, kept);
  }

  @ParameterizedTest
  @CsvSource({"9000, 1", "12000, 4"})
  void manyRowsInOnePartitionAreFoundToo(long rows, int kept) {
    Dataset<Row> table =
        LocalSpark.SESSION.range(0, 4 * rows, 1, 4).toDF("id").where(col("id").geq(3 * rows));
    assertSame(table, kept);
  }

  @Test
  void aQuestionToEachRowByItselfNeedsNoJobWhereTheDriverHasTheRows() {
    SparkContext spark = LocalSpark.SESSION.sparkContext();
    try (MaterializedTables tables = new MaterializedTables()) {
      Dataset<Row> few = tables.keep(LocalSpark.SESSION.range(100).toDF("id"));
      spark.setJobGroup("row by row", "", false);
      assertThat(tables.rowByRow(few).where("id > 98").isEmpty()).isFalse();
      assertThat(tables.rowByRow(few).where("id > 99").isEmpty()).isTrue();
      spark.setJobGroup("after it", "", false);
      assertThat(few.where("id > 98").isEmpty()).isFalse();
      while (spark.statusTracker().getJobIdsForGroup("after it").length == 0) {
        Thread.onSpinWait(); // Spark hears of jobs a little later, in their order
      }
      assertThat(spark.statusTracker().getJobIdsForGroup("row by row")).isEmpty();
    } finally {
      spark.clearJobGroup();
    }
  }

  private static void assertSame(Dataset<Row> table, int partitions) {
    List<Row> before = table.collectAsList();
    try (MaterializedTables tables = new MaterializedTables()) {
      Dataset<Row> after = tables.keep(table);
      assertThat(after.collectAsList()).isEqualTo(before);
      assertThat(after.rdd().getNumPartitions()).isEqualTo(partitions);
      assertThat(after.schema().names()).isEqualTo(table.schema().names());
    }
  }
}
