package lethe.table;

import java.util.List;
import org.apache.spark.sql.Row;

/** Reads values of rows by the names of their columns. */
public final class Rows {
  private Rows() {}

  /** A column of lists, as Java has them; null where the row has none. */
  public static <T> List<T> list(Row row, String column) {
    return row.getList(row.fieldIndex(column));
  }

  /** A column of lists of int. */
  public static int[] ints(Row row, String column) {
    return Rows.<Integer>list(row, column).stream().mapToInt(Integer::intValue).toArray();
  }
}
