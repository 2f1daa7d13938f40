package lethe.table;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.lit;

import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Reads values of rows by the names of their columns. */
public final class Rows {
  private static final String VALUE = "value";

  private Rows() {}

  /** The value of a list column as a Java list; null if it is null. */
  public static <T> List<T> list(Row row, String column) {
    return row.getList(row.fieldIndex(column));
  }

  /** The value of a list column as an array of int; null if it is null. */
  public static int[] ints(Row row, String column) {
    List<Integer> list = list(row, column);
    return list == null ? null : list.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * The value of an aggregate over a whole table.
   *
   * @param aggregate a count or a sum of whole numbers; a sum without any is 0
   */
  public static long aggregate(Dataset<Row> table, Column aggregate) {
    return table.agg(coalesce(aggregate, lit(0L)).as(VALUE)).first().<Long>getAs(VALUE);
  }
}
