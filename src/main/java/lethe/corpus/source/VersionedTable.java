package lethe.corpus.source;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.desc;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import lethe.spark.DataSources;
import lethe.table.CatalogTable;
import lethe.table.TableFormat;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A table of Iceberg or Delta, with what each of them says of its versions in SQL.
 *
 * @param table that is there
 * @param format of it
 */
record VersionedTable(CatalogTable table, TableFormat format) {
  private static final int MOST_VERSIONS_NAMED = 5;
  private static final String SNAPSHOT = "snapshot_id";

  /** The version that is current; empty for a table to which nothing was ever written. */
  Optional<String> current() {
    List<Row> found =
        switch (format) {
          case ICEBERG -> beside("refs").where(col("name").equalTo("main")).collectAsList();
          case DELTA ->
              table
                  .spark()
                  .sql("DESCRIBE HISTORY %s LIMIT 1".formatted(table.sql()))
                  .collectAsList();
        };
    String column = format == TableFormat.ICEBERG ? SNAPSHOT : "version";
    return found.stream().map(row -> String.valueOf(row.<Object>getAs(column))).findFirst();
  }

  /** Why a version cannot be read, if it cannot: it expired, or never was. */
  Optional<String> missing(String version) {
    return switch (format) {
      case ICEBERG ->
          snapshot(version).isPresent()
              ? Optional.empty()
              : Optional.of(
                  "it has no snapshot %s, its last ones are %s".formatted(version, last()));
      case DELTA -> {
        try {
          rows(version);
          yield Optional.empty();
        } catch (Exception e) { // Delta's, which names those that are there
          yield Optional.of(
              "it has no version %s (%s)"
                  .formatted(
                      version,
                      String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip()));
        }
      }
    };
  }

  private String last() {
    return beside("snapshots")
        .orderBy(desc("committed_at"))
        .limit(MOST_VERSIONS_NAMED)
        .select(SNAPSHOT)
        .collectAsList()
        .stream()
        .map(row -> String.valueOf(row.getLong(0)))
        .collect(Collectors.joining(", "));
  }

  private Optional<Row> snapshot(String version) {
    return beside("snapshots")
        .where(col(SNAPSHOT).equalTo(Long.parseLong(version)))
        .collectAsList()
        .stream()
        .findFirst();
  }

  /** A table that Iceberg keeps about this one. */
  private Dataset<Row> beside(String name) {
    table.refresh();
    return table.spark().table(table.sql() + "." + name);
  }

  Dataset<Row> rows(String version) {
    return table.spark().sql("SELECT * FROM %s VERSION AS OF %s".formatted(table.sql(), version));
  }

  /** Bytes of a version's files; empty where that is not known without reading it. */
  OptionalLong bytes(String version) {
    return switch (format) {
      case ICEBERG -> // whose statistics count rows, whatever their texts are
          snapshot(version).stream()
              .map(row -> row.<String, String>getJavaMap(row.fieldIndex("summary")))
              .map(summary -> summary.get("total-files-size"))
              .filter(bytes -> bytes != null)
              .mapToLong(Long::parseLong)
              .findFirst();
      case DELTA -> DataSources.bytes(rows(version));
    };
  }
}
