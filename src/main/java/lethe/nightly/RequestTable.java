package lethe.nightly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.request.RequestFolder;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * A table of requests: a row is what a line of a request file is, its columns the line's members,
 * null where the line has none. Columns of other names are not looked at.
 *
 * @param name that Spark knows
 */
record RequestTable(SparkSession spark, String name) {
  private static final String ID = "request";

  /** Times as lines have them. */
  private static final Map<String, String> TIMES =
      Map.of(
          "timestampFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
          "dateFormat", "yyyy-MM-dd",
          "timeZone", "UTC");

  /**
   * Reads all rows.
   *
   * @throws InvalidSettings when there is no such table, or it has no ids
   */
  RequestFolder.Content read() {
    Dataset<Row> table = table();
    List<Column> members = new ArrayList<>();
    for (String member : RequestFolder.members()) {
      column(table, member).map(column -> column.as(member)).ifPresent(members::add);
    }
    if (column(table, ID).isEmpty()) {
      throw new InvalidSettings(
          "nightly.requests-table: %s has no column %s, but %s"
              .formatted(name, ID, String.join(", ", table.columns())));
    }
    List<String> rows =
        table
            .select(functions.to_json(functions.struct(members.toArray(Column[]::new)), TIMES))
            .as(Encoders.STRING())
            .collectAsList();
    return RequestFolder.ofRows(name, rows);
  }

  private Dataset<Row> table() {
    try {
      return spark.table(name);
    } catch (Exception e) { // Spark's are checked but not declared
      if (e instanceof AnalysisException) {
        throw new InvalidSettings(
            "nightly.requests-table: cannot read %s: %s"
                .formatted(name, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
            e);
      }
      throw e;
    }
  }

  /** Without regard to case, as Spark's SQL. */
  private static Optional<Column> column(Dataset<Row> table, String member) {
    return Arrays.stream(table.columns())
        .filter(member::equalsIgnoreCase)
        .findFirst()
        .map(column -> table.col("`" + column.replace("`", "``") + "`"));
  }
}
