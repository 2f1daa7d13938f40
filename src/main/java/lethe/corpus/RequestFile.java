package lethe.corpus;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lower;
import static org.apache.spark.sql.functions.when;

import java.util.Map;
import java.util.Optional;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A file of requests to forget: one JSON object a line, with the {@code request}'s own id and one
 * of {@code document} (an id; {@code domain} may narrow it), {@code url} and {@code sha256} (of the
 * text in UTF-8). A request for several documents has several lines.
 *
 * @param file any Hadoop path, plain or compressed
 */
record RequestFile(String file) {

  /** Which column of {@link Index} each way of naming a document means. */
  static final Map<String, String> COLUMNS =
      Map.of("document", "id", "url", "_url", "sha256", "_digest");

  static Optional<RequestFile> read(Section section, String key) {
    return section.has(key) ? Optional.of(new RequestFile(section.text(key))) : Optional.empty();
  }

  /**
   * Columns {@code request}, {@code by} (document, url or sha256), {@code key}, {@code narrow}
   * (whether only a domain is meant) and {@code within} (that domain, or empty).
   *
   * @throws InvalidSettings naming a line that says something else
   */
  Dataset<Row> lines(SparkSession spark) {
    Dataset<Row> lines =
        SourceRows.lines(spark, file)
            .selectExpr("trim(BOTH FROM translate(value, '\\r\\t\\uFEFF', '   ')) AS line")
            .where("line <> ''")
            .select(
                col("line"),
                member("request"),
                member("document"),
                member("url"),
                lower(member("sha256")).as("sha256"),
                coalesce(member("domain"), lit("")).as("within"));
    Column ways = lit(0);
    Column by = lit(null);
    Column key = lit(null);
    for (String way : new String[] {"document", "url", "sha256"}) {
      ways = ways.plus(col(way).isNotNull().cast("int"));
      by = when(col(way).isNotNull(), way).otherwise(by);
      key = when(col(way).isNotNull(), col(way)).otherwise(key);
    }
    lines.where(col("request").isNull().or(ways.notEqual(1))).limit(1).collectAsList().stream()
        .findFirst()
        .ifPresent(
            bad -> {
              throw new InvalidSettings(
                  "Cannot read requests from %s: a line must have a request and one of document, url and sha256, was %s"
                      .formatted(file, bad.getString(0)));
            });
    return lines
        .select(
            col("request"),
            by.as("by"),
            key.as("key"),
            col("within").notEqual("").as("narrow"),
            col("within"))
        .distinct();
  }

  private static Column member(String name) {
    return expr("get_json_object(line, '$." + name + "')").as(name);
  }
}
