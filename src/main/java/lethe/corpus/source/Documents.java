package lethe.corpus.source;

import static lethe.table.Columns.DOMAIN;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The documents table: every row of every source, usable or not.
 *
 * <p>Columns {@code source} (the path in the settings), {@code domain}, {@code id}, {@code text},
 * the members that predicates name, and, with a leading underscore so that they hide no such
 * member, {@code _source} (its number, from 0), {@code _file}, {@code _row} (grows along the file),
 * {@code _made} (whether the id is a hash because there is no other), {@code _reason} and {@code
 * _detail} (why the row is unusable; null if it is a document), {@code _excerpt} (its start, if it
 * is unusable), {@code _url} (or null), {@code _question} (null in plain text; the text is its
 * answer) and {@code _characters} (of the text).
 */
public final class Documents {
  /** Path of the source in the settings. */
  public static final String SOURCE = "source";

  /** A document's id; null where a row has none. In files of the run it is called document. */
  public static final String ID = "id";

  /** The text, or the answer to a question. */
  public static final String TEXT = "text";

  /** Number of the source, from 0. */
  public static final String SOURCE_NUMBER = "_source";

  /** The file that a row is from. */
  public static final String FILE = "_file";

  /** Grows along the file. */
  public static final String ROW = "_row";

  /** Whether the id is a hash, because the row has no other. */
  public static final String MADE = "_made";

  /** Why a row cannot be used; null if it is a document. */
  public static final String UNUSABLE = "_reason";

  /** More about that. */
  public static final String DETAIL = "_detail";

  /** The beginning of a row that cannot be used. */
  public static final String EXCERPT = "_excerpt";

  /** An address that requests can name; may be null. */
  public static final String URL = "_url";

  /** A question to which the text is the answer; null for plain text. */
  public static final String QUESTION = "_question";

  /** Characters of the text, as the sources give them. */
  public static final String TEXT_CHARACTERS = "_characters";

  /** Characters of the text, in tables made from this one. */
  public static final String CHARACTERS = "characters";

  /** Columns that hide members of the same name. */
  static final List<String> OWN = List.of(SOURCE, DOMAIN, ID, TEXT);

  private final SparkSession spark;
  private final List<Source> sources;
  private final SourceColumns columns;
  private final TableVersions versions;

  /** The files of each source, looked for once. */
  private final Map<Source, Listing> listings = new HashMap<>();

  /** Hadoop's settings for the tasks of all sources, once a file was asked for. */
  private Broadcast<SerializableConfiguration> hadoop;

  /**
   * @param predicates over the members of documents
   * @param versions of the sources that are tables
   */
  public Documents(
      SparkSession spark,
      List<Source> sources,
      Collection<Predicate> predicates,
      TableVersions versions) {
    this.spark = spark;
    this.versions = versions;
    this.sources = sources;
    this.columns =
        SourceColumns.at(
            predicates.stream()
                .flatMap(predicate -> predicate.columns().stream())
                .filter(path -> OWN.stream().noneMatch(path.get(0)::equalsIgnoreCase))
                .toList());
  }

  public Dataset<Row> read() {
    return IntStream.range(0, sources.size())
        .mapToObj(i -> read(new DocumentRow(versions.pinned(sources.get(i)), i, columns)))
        .reduce(Dataset::unionAll)
        .orElseThrow();
  }

  /** What is wrong with a predicate over this table, if anything is. */
  public Optional<String> problem(Predicate predicate) {
    try {
      spark.createDataFrame(List.of(), DocumentRow.schema(columns)).where(predicate.sql());
      return Optional.empty();
    } catch (Exception e) { // Spark's AnalysisException, which is checked but not declared
      String why = e.getMessage().lines().findFirst().orElse("");
      return Optional.of(
          "must be a condition on a document, was \"%s\": %s".formatted(predicate.sql(), why));
    }
  }

  /** What is wrong with a source, as far as that shows before it is read. */
  public Optional<String> problem(Source source) {
    try {
      return own(source)
          ? Optional.empty()
          : new SourceRows(spark, versions.pinned(source)).problem();
    } catch (InvalidSettings e) { // no such table or version
      return Optional.of(e.getMessage());
    }
  }

  /** The sources as they are read: tables at their versions. */
  public List<Source> pinned() {
    return sources.stream().map(versions::pinned).toList();
  }

  /** The sources that are tables, as they are read. */
  public List<SourceTable> tables() {
    return IntStream.range(0, sources.size())
        .filter(i -> sources.get(i).isTable())
        .mapToObj(i -> SourceTable.of(i, versions.pinned(sources.get(i))))
        .toList();
  }

  /** Bytes of the sources' files, of packed ones tenfold; empty where that is unknown. */
  public OptionalLong bytes() {
    long bytes = 0;
    for (Source source : sources) {
      OptionalLong own =
          source.isTable()
              ? new SourceRows(spark, versions.pinned(source)).tableBytes()
              : listing(source).stream().mapToLong(Listing::unpackedBytes).findFirst();
      if (own.isEmpty()) {
        return OptionalLong.empty();
      }
      bytes += Math.min(own.getAsLong(), Long.MAX_VALUE - bytes);
    }
    return OptionalLong.of(bytes);
  }

  private Optional<Listing> listing(Source source) {
    if (!listings.containsKey(source)) {
      Optional<Listing> found =
          own(source)
              ? Optional.of(source.listing(files()))
              : new SourceRows(spark, source).listing(); // none of a table
      found.ifPresent(listing -> listings.put(source, listing));
    }
    return Optional.ofNullable(listings.get(source));
  }

  /** Sentences on files of the sources that are not documents, and on tables without versions. */
  public List<String> notes() {
    Stream<String> files =
        sources.stream()
            .flatMap(
                source ->
                    listing(source).stream()
                        .flatMap(listing -> listing.notes(source.path()).stream()));
    Stream<String> tables =
        tables().stream()
            .filter(table -> table.version() == null)
            .map(
                table ->
                    "Source %s has no versions: who prepares this corpus again reads what the table has then"
                        .formatted(table.path()));
    return Stream.concat(files, tables).distinct().toList();
  }

  /** Some rows of a source, unchanged; a text that is not JSON has no members. */
  static List<JsonNode> some(SparkSession spark, Source source, int most) {
    if (!own(source)) {
      Source now = new TableVersions(spark, List.of()).pinned(source); // for its columns' names
      return new SourceRows(spark, now)
          .rows().limit(most).collectAsList().stream()
              .<JsonNode>map(row -> SourceRows.SourceRow.from(row).object())
              .toList();
    }
    if (source.format().equals(Source.TEXT)) {
      return List.of();
    }
    Files files = new Files(spark.sparkContext().hadoopConfiguration());
    return FileRows.entries(spark, source.listing(files)).take(most).stream()
        .map(Documents::object)
        .toList();
  }

  private static JsonNode object(FileEntry entry) {
    try {
      return entry.object() == null ? JsonLine.LINE.readTree(entry.bytes()) : entry.object();
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  private static boolean own(Source source) {
    return source.format().equals(Source.JSON) || source.format().equals(Source.TEXT);
  }

  private Files files() {
    return new Files(spark.sparkContext().hadoopConfiguration());
  }

  private Dataset<Row> read(DocumentRow row) {
    Source source = row.source();
    if (!own(source)) {
      String base = base(source);
      return new SourceRows(spark, source)
          .rows()
          .flatMap(new Parse(row, base), Encoders.row(DocumentRow.schema(columns)));
    }
    Listing listing = listing(source).orElseThrow();
    JavaRDD<FileEntry> entries =
        source.format().equals(Source.TEXT)
            ? FileRows.whole(spark, listing, hadoop())
            : FileRows.entries(spark, listing, hadoop());
    return spark.createDataFrame(entries.map(row::of), DocumentRow.schema(columns));
  }

  private Broadcast<SerializableConfiguration> hadoop() {
    if (hadoop == null) {
      hadoop = FileRows.hadoop(spark);
    }
    return hadoop;
  }

  private String base(Source source) {
    return listing(source).map(Listing::base).orElse("");
  }

  /** A row of {@link SourceRows} to one of this table. */
  private record Parse(DocumentRow own, String base) implements FlatMapFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Row row) {
      SourceRows.SourceRow read = SourceRows.SourceRow.from(row);
      String file = path(read.file());
      boolean below = !base.isEmpty() && file.startsWith(base);
      String name = below ? file.substring(base.length()) : "";
      return List.of(own.of(read.object(), file, name, read.row())).iterator();
    }

    /** Spark gives an address, in which a space is %20. */
    private static String path(String file) {
      try {
        return file.contains(":/") ? new Path(new URI(file)).toString() : file;
      } catch (URISyntaxException | IllegalArgumentException e) {
        return file;
      }
    }
  }
}
