package lethe.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;

import java.util.Optional;
import lethe.folder.Files;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;

/**
 * The rows of a source before anything is made of them: columns {@code content} (bytes: an object
 * as JSON, or the text of a file), {@code file} and {@code name} (of a text file: its path below
 * the source's; null elsewhere).
 */
final class SourceRows {
  private SourceRows() {}

  static Dataset<Row> of(SparkSession spark, Source source) {
    return switch (source.format()) {
      case Source.JSON ->
          lines(spark, source.path())
              .select(
                  col("value").cast(DataTypes.BinaryType).as("content"),
                  col("_metadata.file_path").as("file"),
                  lit(null).cast(DataTypes.StringType).as("name"));
      case Source.TEXT -> files(spark, source);
      case Source.TABLE -> objects(spark.table(source.path()), source);
      default ->
          objects(
              spark.read().format(source.format()).options(source.options()).load(source.path()),
              source);
    };
  }

  /** The lines of files, plain or compressed; {@code _metadata} may be asked for too. */
  static Dataset<Row> lines(SparkSession spark, String path) {
    return spark
        .read()
        .option("lineSep", "\n") // a carriage return is white space to JSON
        .option(Zstandard.OPTION, Zstandard.class.getName())
        .text(path);
  }

  /** What is wrong with a source that Spark itself reads. */
  static Optional<String> problem(SparkSession spark, Source source) {
    if (source.format().equals(Source.JSON) || source.format().equals(Source.TEXT)) {
      return Optional.empty();
    }
    try {
      of(spark, source).schema();
      return Optional.empty();
    } catch (Exception e) { // Spark's AnalysisException, which is checked but not declared
      return Optional.of(
          "Cannot read source %s as %s: %s"
              .formatted(
                  source.path(), source.format(), e.getMessage().lines().findFirst().orElse("")));
    }
  }

  private static Dataset<Row> objects(Dataset<Row> table, Source source) {
    Column object = to_json(struct(col("*"))).cast(DataTypes.BinaryType).as("content");
    Column name = lit(null).cast(DataTypes.StringType).as("name");
    try {
      return table.select(object, col("_metadata.file_path").as("file"), name);
    } catch (Exception e) { // AnalysisException: what is not read from files has no such column
      return table.select(object, lit(source.path()).as("file"), name);
    }
  }

  /** Name and bytes of the largest file of a text source, if it has any; no content is read. */
  static Optional<Row> largest(SparkSession spark, Source source) {
    return binary(spark, source)
        .select("path", "length")
        .orderBy(col("length").desc())
        .limit(1)
        .collectAsList()
        .stream()
        .findFirst();
  }

  private static Dataset<Row> binary(SparkSession spark, Source source) {
    return spark
        .read()
        .format("binaryFile")
        .option("recursiveFileLookup", "true")
        .options(source.options())
        .load(source.path());
  }

  private static Dataset<Row> files(SparkSession spark, Source source) {
    Path base = base(source.path());
    Files files = new Files(spark.sparkContext().hadoopConfiguration());
    String root = files.qualified(base) + "/";
    Column below = col("path").startsWith(root);
    return binary(spark, source)
        .select(
            col("content"),
            col("path").as("file"),
            org.apache
                .spark
                .sql
                .functions
                .when(below, col("path").substr(lit(root.length() + 1), lit(Integer.MAX_VALUE)))
                .otherwise(org.apache.spark.sql.functions.regexp_extract(col("path"), "[^/]*$", 0))
                .as("name"));
  }

  /** The folder that names are told from: the path up to its first wildcard. */
  private static Path base(String path) {
    Path base = new Path(path);
    while (base.toString().matches(".*[*?\\[{].*")) {
      base = base.getParent();
    }
    return base;
  }
}
