package lethe.spark;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser;

/** The name of a table, as Spark's parser reads it. */
public final class TableName {
  private TableName() {}

  /**
   * The parts of a name, such as catalog, namespace and table.
   *
   * @param name parts joined with dots, each in backquotes if it is no plain word
   * @return empty when the text is no name
   */
  public static List<String> parts(String name) {
    try {
      return List.copyOf(
          ScalaCollections.list(new CatalystSqlParser().parseMultipartIdentifier(name)));
    } catch (Exception e) { // a ParseException, checked but not declared
      return List.of();
    }
  }

  /** The name as SQL may have it, whatever its parts are. */
  public static String sql(List<String> parts) {
    return parts.stream()
        .map(part -> "`" + part.replace("`", "``") + "`")
        .collect(Collectors.joining("."));
  }
}
