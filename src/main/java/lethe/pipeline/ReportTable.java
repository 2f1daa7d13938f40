package lethe.pipeline;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import lethe.failure.FailureText;
import lethe.report.ReportScores;
import lethe.settings.InvalidSettings;
import lethe.spark.TableName;
import lethe.table.CatalogTable;
import lethe.table.KeyedTable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * {@code report.table}: the figures of reports of many runs, one in a row, in a table of one of
 * Spark's catalogs. The same report is appended once.
 *
 * @param name of the table
 */
record ReportTable(SparkSession spark, String name) {
  private static final StructType COLUMNS =
      StructType.fromDDL(
          "run STRING, report STRING, chunks_sha256 STRING, model STRING, weights STRING,"
              + " split STRING, domain STRING, metric STRING, value DOUBLE, low DOUBLE,"
              + " high DOUBLE, written TIMESTAMP");

  private static final List<String> KEYS =
      List.of("run", "report", "model", "split", "domain", "metric");

  /**
   * Looks whether rows can be appended, before hours are spent on them.
   *
   * @throws InvalidSettings when they cannot
   */
  void check() {
    try {
      Optional<String> problem = table().problem();
      if (problem.isPresent()) {
        throw refused(problem.get(), null);
      }
    } catch (InvalidSettings e) {
      throw e;
    } catch (Exception e) { // of a catalog or of Spark, whose are checked but not declared
      throw refused(FailureText.firstLine(e), e);
    } catch (LinkageError e) {
      throw refused(CatalogTable.foreign(spark, e), e);
    }
  }

  /**
   * Appends the figures that the table lacks, and makes the table if it is not there.
   *
   * @return how many rows were appended
   * @throws InvalidSettings when they cannot be
   */
  long append(ReportScores scores, Clock clock) {
    check();
    var now = clock.instant();
    List<Row> rows =
        scores.rows().stream()
            .map(
                row ->
                    RowFactory.create(
                        scores.run(),
                        scores.report(),
                        scores.chunksSha256(),
                        row.model(),
                        row.weights(),
                        row.split(),
                        row.domain(),
                        row.metric(),
                        row.value(),
                        row.low(),
                        row.high(),
                        java.sql.Timestamp.from(now)))
            .toList();
    try {
      return table().append(rows);
    } catch (Exception e) { // of a catalog or of Spark, whose are checked but not declared
      throw refused(
          FailureText.firstLine(e)
              + "; mend it and run report again, which appends what is missing",
          e);
    }
  }

  private KeyedTable table() {
    List<String> parts = TableName.parts(name);
    if (parts.isEmpty()) {
      throw refused(
          "a table's name is catalog.namespace.table, with backquotes around what is no plain word",
          null);
    }
    return new KeyedTable(new CatalogTable(spark, parts), COLUMNS, KEYS);
  }

  private InvalidSettings refused(String why, Throwable cause) {
    return new InvalidSettings(
        "Cannot append scores to the table %s (report.table): %s".formatted(name, why), cause);
  }
}
