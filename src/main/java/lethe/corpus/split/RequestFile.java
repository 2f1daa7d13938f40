package lethe.corpus.split;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.URL;
import static lethe.corpus.split.DocumentIndex.DIGEST;
import static lethe.table.Columns.BY;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.KEY;
import static lethe.table.Columns.REQUEST;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import lethe.corpus.source.DocumentId;
import lethe.corpus.source.FileEntry;
import lethe.corpus.source.FileRows;
import lethe.corpus.source.JsonLine;
import lethe.corpus.source.Listing;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A file of requests to forget: one JSON object per line, with the {@code request}'s own id and one
 * of {@code document} (an id; {@code domain} may narrow it), {@code url} and {@code sha256} (of the
 * text in UTF-8). A request for several documents has several lines.
 *
 * @param file any Hadoop path, plain or compressed
 */
public record RequestFile(String file) {

  /** Whether a request means documents of one domain only. */
  static final String NARROW = "narrow";

  /** That domain; empty where there is none. */
  static final String WITHIN = "within";

  private static final String ADDRESS = "url";
  private static final String SHA256 = "sha256";

  /** Which column of {@link DocumentIndex} each way of naming a document means. */
  static final Map<String, String> COLUMNS = Map.of(DOCUMENT, ID, ADDRESS, URL, SHA256, DIGEST);

  /** The line itself, in an error. */
  private static final String TEXT = "line";

  private static final StructType LINE =
      new StructType()
          .add(TEXT, DataTypes.StringType)
          .add(REQUEST, DataTypes.StringType)
          .add(DOCUMENT, DataTypes.StringType)
          .add(ADDRESS, DataTypes.StringType)
          .add(SHA256, DataTypes.StringType)
          .add(WITHIN, DataTypes.StringType);

  static Optional<RequestFile> read(Section section, String key) {
    return section.has(key) ? Optional.of(new RequestFile(section.string(key))) : Optional.empty();
  }

  /**
   * Columns {@code request}, {@code by} (document, url or sha256), {@code key}, {@code narrow}
   * (whether only a domain is meant) and {@code within} (that domain, or empty).
   *
   * @throws InvalidSettings naming a line that is not a request
   */
  Dataset<Row> lines(SparkSession spark) {
    Dataset<Row> lines =
        spark.createDataFrame(
            FileRows.entries(
                    spark, Listing.of(file, new Files(spark.sparkContext().hadoopConfiguration())))
                .map(RequestFile::row),
            LINE);
    Column ways = lit(0);
    Column by = lit(null);
    Column key = lit(null);
    for (String way : new String[] {DOCUMENT, ADDRESS, SHA256}) {
      ways = ways.plus(col(way).isNotNull().cast("int"));
      by = when(col(way).isNotNull(), way).otherwise(by);
      key = when(col(way).isNotNull(), col(way)).otherwise(key);
    }
    wrong(lines.where(col(REQUEST).isNull().or(ways.notEqual(1))))
        .ifPresent(
            bad -> {
              throw new InvalidSettings(
                  "Cannot read requests from %s: a line must have a request and one of document, url and sha256, was %s"
                      .formatted(file, bad.<String>getAs(TEXT)));
            });
    return lines
        .select(
            col(REQUEST), by.as(BY), key.as(KEY), col(WITHIN).notEqual("").as(NARROW), col(WITHIN))
        .distinct();
  }

  /** A line as {@link #LINE}; what is of another type than it must be is null. */
  private static Row row(FileEntry entry) {
    String line =
        entry.object() == null ? JsonLine.excerpt(entry.bytes()) : entry.object().toString();
    JsonNode object = MissingNode.getInstance();
    try {
      object = entry.object() == null ? JsonLine.LINE.readTree(entry.bytes()) : entry.object();
    } catch (IOException e) {
      return RowFactory.create(line, null, null, null, null, "");
    }
    String sha256 = object.path(SHA256).textValue();
    return RowFactory.create(
        line,
        DocumentId.of(object.path("request")).text(),
        DocumentId.of(object.path("document")).text(),
        object.path(ADDRESS).textValue(),
        sha256 == null ? null : sha256.toLowerCase(Locale.ROOT),
        object.path("domain").asText(""));
  }

  private Optional<Row> wrong(Dataset<Row> lines) {
    try {
      return lines.limit(1).collectAsList().stream().findFirst();
    } catch (Exception e) { // Spark's own are checked and not declared
      throw IdFile.unreadable("requests", file, e);
    }
  }
}
