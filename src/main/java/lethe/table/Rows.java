package lethe.table;

import java.util.List;
import org.apache.spark.sql.Row;

/** Reads values of rows by the names of their columns. */
public final class Rows {
  private Rows() {}

  /** The value of a list column as a Java list; null if it is null. */
  public static <T> List<T> list(Row row, String column) {
    return row.getList(row.fieldIndex(column));
  }

  /** The value of a list column as an array of int. */
  public static int[] ints(Row row, String column) {
    return Rows.<Integer>list(row, column).stream().mapToInt(Integer::intValue).toArray();
  }
}
