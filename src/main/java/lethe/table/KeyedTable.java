package lethe.table;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A table of a catalog whose rows are known by keys: a row is appended once, however often it is
 * given. It may have more columns than those here; they get null.
 *
 * @param columns of the rows
 * @param keys those that make a row the same as another one
 */
public record KeyedTable(CatalogTable table, StructType columns, List<String> keys) {

  /** Why rows cannot be appended, as far as that shows before it is tried. */
  public Optional<String> problem() {
    Optional<String> unreachable = table.unreachable();
    if (unreachable.isPresent() || !table.exists()) {
      return unreachable;
    }
    StructType there = table.rows().schema();
    for (StructField own : columns.fields()) {
      Optional<StructField> same =
          Arrays.stream(there.fields()).filter(f -> f.name().equals(own.name())).findFirst();
      if (same.isEmpty()) {
        return Optional.of(
            "it has no column %s; add it: ALTER TABLE %s ADD COLUMN %s"
                .formatted(own.name(), table.sql(), own.toDDL()));
      }
      if (!same.get().dataType().equals(own.dataType())) {
        return Optional.of(
            "its column %s is %s and must be %s; name another table"
                .formatted(own.name(), same.get().dataType().sql(), own.dataType().sql()));
      }
    }
    return Arrays.stream(there.fields())
        .filter(other -> !other.nullable() && !List.of(columns.fieldNames()).contains(other.name()))
        .map(
            other ->
                "its column %s may not be null, and has no value here; name another table"
                    .formatted(other.name()))
        .findFirst();
  }

  /**
   * Appends the rows whose keys the table lacks, all in one file and one commit. The table is made
   * if it is not there. Two programs that append the same rows at the same moment may both find
   * them missing.
   *
   * @param rows with {@link #columns}
   * @return how many were appended
   */
  public long append(List<Row> rows) {
    if (!table.exists()) {
      table
          .spark()
          .sql(
              "CREATE TABLE IF NOT EXISTS %s (%s) %s"
                  .formatted(table.sql(), columns.toDDL(), table.storage()));
    } else if (table.provider().flatMap(TableFormat::of).orElse(null) != TableFormat.DELTA) {
      table.refresh();
    }
    Set<List<Object>> known = known(rows);
    List<Row> missing = rows.stream().filter(row -> !known.contains(key(row))).toList();
    if (!missing.isEmpty()) {
      Dataset<Row> all = table.spark().createDataFrame(missing, columns).coalesce(1);
      all.select(inOrder()).write().insertInto(table.sql());
    }
    return missing.size();
  }

  private List<Object> key(Row row) {
    return keys.stream()
        .map(name -> row.get(columns.fieldIndex(name)))
        .collect(Collectors.toList());
  }

  /** The keys that the table has of rows that are like these. */
  private Set<List<Object>> known(List<Row> rows) {
    Dataset<Row> there = table.rows();
    for (String name : keys) { // so that little is read: most rows of a table are of other runs
      Set<Object> values = new HashSet<>();
      rows.forEach(row -> values.add(row.get(columns.fieldIndex(name))));
      if (values.size() == 1) {
        there = there.where(functions.col(name).eqNullSafe(values.iterator().next()));
      }
    }
    Set<List<Object>> known = new HashSet<>();
    Column[] names = keys.stream().map(functions::col).toArray(Column[]::new);
    for (Row row : there.select(names).collectAsList()) {
      known.add(keys.stream().map(name -> row.<Object>getAs(name)).collect(Collectors.toList()));
    }
    return known;
  }

  /** The table's columns, in its order. */
  private Column[] inOrder() {
    List<String> own = List.of(columns.fieldNames());
    return Arrays.stream(table.rows().schema().fields())
        .map(
            field ->
                own.contains(field.name())
                    ? functions.col(field.name())
                    : functions.lit(null).cast(field.dataType()).as(field.name()))
        .toArray(Column[]::new);
  }
}
