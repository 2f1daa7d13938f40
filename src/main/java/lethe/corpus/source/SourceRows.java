package lethe.corpus.source;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.struct;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.failure.FailureText;
import lethe.folder.Files;
import lethe.spark.DataSources;
import lethe.table.TableFiles;
import lethe.table.TableFormat;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.IntegralType;
import org.apache.spark.sql.types.StructType;

/**
 * The rows of a source that Spark itself reads: columns {@code object} (all of the row's), {@code
 * file} and {@code row} (a number that grows along the file).
 *
 * @param source neither JSON lines nor text; a table as {@link TableVersions} found it
 */
record SourceRows(SparkSession spark, Source source) {
  private static final String OBJECT = "object";
  private static final String FILE = "file";
  private static final String ROW = "row";
  private static final String CSV = "csv";

  /** Names that Spark leaves out of a list of files, without a word. */
  private static final String HIDDEN = "\\..*|_[^=]*|.*\\._COPYING_";

  /** Of a task's rows, the digits that count them; the others are the task's number. */
  private static final long COUNT = (1L << 33) - 1;

  /**
   * A row of the table.
   *
   * @param object its members
   * @param file as Spark names it
   * @param row a number that grows along the file
   */
  record SourceRow(ObjectNode object, String file, long row) {
    static SourceRow from(Row row) {
      return new SourceRow(RowJson.of(row.getAs(OBJECT)), row.getAs(FILE), row.<Long>getAs(ROW));
    }
  }

  Dataset<Row> rows() {
    Dataset<Row> table = table();
    Column object = struct(col("*")).as(OBJECT);
    if (source.format().equals(TableFormat.ICEBERG.provider())) {
      return table.select(object, col("_file").as(FILE), col("_pos").as(ROW));
    }
    Column number = monotonically_increasing_id();
    try {
      // A block has no more rows than bytes, and only the last block of a file is with others'.
      Column row = col("_metadata.file_block_start").plus(number.bitwiseAND(COUNT));
      return table.select(object, col("_metadata.file_path").as(FILE), row.as(ROW));
    } catch (Exception e) { // AnalysisException: what is not read from files has no such column
      return table.select(object, lit(source.path()).as(FILE), number.as(ROW));
    }
  }

  private Dataset<Row> table() {
    if (source.isTable()) {
      return TableVersions.versions(spark, source)
          .map(table -> table.rows(source.version()))
          .orElseGet(() -> TableVersions.table(spark, source).rows());
    }
    if (!ofFiles()) {
      return spark.read().format(source.format()).options(options()).load(source.path());
    }
    return TableFiles.read(spark)
        .format(source.format())
        .options(options())
        .load(listing().orElseThrow().files().stream().map(FileSlice::file).toArray(String[]::new));
  }

  /** Quotes as all but Spark write them: doubled within quotes, where a line may break, too. */
  private Map<String, String> options() {
    Map<String, String> options = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    if (source.format().equalsIgnoreCase(CSV)) {
      options.put("multiLine", "true");
      options.put("escape", "\"");
    }
    options.putAll(source.options());
    return options;
  }

  private boolean multiLine() {
    return options().getOrDefault("multiLine", "false").equalsIgnoreCase("true");
  }

  /** The files of a format of files. */
  Optional<Listing> listing() {
    return ofFiles()
        ? Optional.of(source.listing(new Files(spark.sparkContext().hadoopConfiguration())))
        : Optional.empty();
  }

  private boolean ofFiles() {
    return !source.isTable() && DataSources.ofFiles(spark, source.format());
  }

  /** Bytes of a table's files, as far as they are known without reading it. */
  OptionalLong tableBytes() {
    Optional<VersionedTable> versions = TableVersions.versions(spark, source);
    return versions.isPresent()
        ? versions.get().bytes(source.version())
        : DataSources.bytes(table());
  }

  /** What is wrong with the source. */
  Optional<String> problem() {
    try {
      if (source.format().equalsIgnoreCase(CSV)
          && options().getOrDefault("inferSchema", "false").equalsIgnoreCase("true")) {
        return problem(
            "options.inferSchema turns 007 into 7; leave it out to read all columns as text");
      }
      Optional<Listing> listing = listing();
      List<String> hidden =
          listing.stream()
              .flatMap(list -> list.files().stream())
              .map(FileSlice::name)
              .filter(name -> name.substring(name.lastIndexOf('/') + 1).matches(HIDDEN))
              .toList();
      if (!hidden.isEmpty()) {
        return problem(
            "Spark leaves out files whose names begin with _ or .: %s%s; rename them, or choose others with glob"
                .formatted(
                    hidden.get(0),
                    hidden.size() > 1 ? " and " + (hidden.size() - 1) + " others" : ""));
      }
      Optional<String> pattern =
          listing.stream()
              .flatMap(list -> list.files().stream())
              .map(FileSlice::file)
              .filter(file -> multiLine() && file.matches(".*[\\[\\]{}*?\\\\,].*"))
              .findFirst();
      if (pattern.isPresent()) {
        return problem(
            "Spark takes %s for a pattern or two names; rename it, or set options.multiLine = false if no quoted value has a line break"
                .formatted(pattern.get()));
      }
      if (listing.isPresent() && listing.get().files().isEmpty()) {
        return problem("all of its files are empty");
      }
      return columns(((StructType) rows().schema().apply(OBJECT).dataType()));
    } catch (Exception e) { // Spark's AnalysisException, which is checked but not declared
      String why = // of a task that failed, not that it did
          String.valueOf(ExceptionUtils.getRootCauseMessage(e))
              .replaceFirst("^\\w+: ", "")
              .lines()
              .findFirst()
              .orElse("");
      return problem(
          why
              + (FailureText.SEVERAL_COLUMNS.in(why)
                  ? "; columns whose names differ only in case need spark.sql.caseSensitive = true"
                  : ""));
    }
  }

  private Optional<String> problem(String why) {
    return Optional.of(
        "Cannot read source %s as %s: %s".formatted(source.path(), source.format(), why));
  }

  /** Columns of a type that Spark would have to convert to text, in a way that nobody chose. */
  private Optional<String> columns(StructType schema) {
    List<String> problems = new ArrayList<>();
    Stream.of(source.text(), source.question(), source.url())
        .filter(place -> place != null)
        .forEach(place -> wrong(schema, place, false).ifPresent(problems::add));
    if (source.id() != null) {
      wrong(schema, source.id(), true).ifPresent(problems::add);
    }
    List<String> missing =
        Stream.of(source.text(), source.question())
            .filter(place -> place != null && found(schema, place).isEmpty())
            .map(MemberPath::toString)
            .toList();
    if (!missing.isEmpty()) {
      problems.add(
          "it has no column %s; its columns are %s"
              .formatted(
                  String.join(" and no ", missing),
                  Stream.of(schema.fieldNames()).limit(10).collect(Collectors.joining(", "))));
    }
    return problems.isEmpty() ? Optional.empty() : problem(String.join("; ", problems));
  }

  private static Optional<String> wrong(StructType schema, MemberPath place, boolean id) {
    return found(schema, place)
        .filter(column -> !(text(column.type()) || (id && whole(column.type()))))
        .map(
            column ->
                "its column %s is %s, and must be text%s: convert it, or name another one"
                    .formatted(
                        column.path(),
                        column.type().catalogString(),
                        id ? " or a whole number" : ""));
  }

  private static boolean text(DataType type) {
    return type.equals(DataTypes.StringType)
        || type.equals(DataTypes.BinaryType)
        || type.equals(DataTypes.NullType);
  }

  private static boolean whole(DataType type) {
    return type instanceof IntegralType || (type instanceof DecimalType d && d.scale() == 0);
  }

  private record Found(String path, DataType type) {}

  private static Optional<Found> found(StructType schema, MemberPath place) {
    return place.paths().stream()
        .flatMap(path -> at(schema, path).map(type -> new Found(path, type)).stream())
        .findFirst();
  }

  private static Optional<DataType> at(StructType schema, String path) {
    DataType type = schema;
    for (String name : path.split("\\.")) {
      if (!(type instanceof StructType inner) || !List.of(inner.fieldNames()).contains(name)) {
        return Optional.empty();
      }
      type = inner.apply(name).dataType();
    }
    return Optional.of(type);
  }
}
