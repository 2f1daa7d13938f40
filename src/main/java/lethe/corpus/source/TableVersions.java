package lethe.corpus.source;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.failure.FailureText;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.spark.TableName;
import lethe.table.CatalogTable;
import lethe.table.TableFormat;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Which version of each source that is a table is read. It is looked for once, so that every look
 * at a source reads the same rows, whatever is written to the table meanwhile.
 */
public final class TableVersions {
  private final SparkSession spark;
  private final List<SourceTable> recorded;

  /** What was found, by what a source says of its table. */
  private final Map<List<String>, Found> found = new HashMap<>();

  /**
   * What a table was found to be.
   *
   * @param version null if it has none
   */
  private record Found(String format, String version) {}

  /**
   * @param recorded what an earlier attempt read, which this one goes on with
   */
  public TableVersions(SparkSession spark, List<SourceTable> recorded) {
    this.spark = spark;
    this.recorded = List.copyOf(recorded);
  }

  /**
   * A source as it is read; itself if it is no table.
   *
   * @throws InvalidSettings when there is no such table or version, or Spark lacks what it takes to
   *     find it
   */
  Source pinned(Source source) {
    if (!source.isTable()) {
      return source;
    }
    List<String> key = List.of(source.path(), source.format(), String.valueOf(source.version()));
    Found table = found.get(key);
    if (table == null) {
      table = find(source);
      found.put(key, table);
    }
    return source.as(table.format(), table.version());
  }

  private Found find(Source source) {
    try {
      CatalogTable table = table(spark, source);
      table.unreachable().ifPresent(why -> refuse(source, why));
      TableFormat.of(source.format())
          .flatMap(format -> format.missing(spark))
          .ifPresent(why -> refuse(source, why));
      gone(table, source)
          .ifPresent(why -> refuse(source, why + "; restore it, or name another one"));
      Optional<String> provider = table.provider();
      Optional<TableFormat> format = provider.flatMap(TableFormat::of);
      if (!source.format().equals(Source.TABLE) && !provider.equals(Optional.of(source.format()))) {
        refuse(source, "it is %s; set format = table".formatted(provider.orElse("a view")));
      }
      if (format.isEmpty()) {
        return new Found(Source.TABLE, null);
      }
      format.get().missing(spark).ifPresent(why -> refuse(source, why));
      String version = version(source, new VersionedTable(table, format.get()));
      return new Found(format.get().provider(), version);
    } catch (InvalidSettings e) {
      throw e;
    } catch (Exception e) { // of a catalog or of Spark, whose are checked but not declared
      throw new InvalidSettings(sentence(source, FailureText.firstLine(e)), e);
    } catch (LinkageError e) {
      throw new InvalidSettings(sentence(source, CatalogTable.foreign(spark, e)), e);
    }
  }

  private String version(Source source, VersionedTable table) {
    String name = table.format().version();
    if (source.version() != null) {
      table
          .missing(source.version())
          .ifPresent(
              why ->
                  refuse(
                      source, "%s; set %s to another one, or leave it out".formatted(why, name)));
      return source.version();
    }
    Optional<String> before =
        recorded.stream()
            .filter(earlier -> earlier.isOf(source) && earlier.version() != null)
            .map(SourceTable::version)
            .findFirst();
    if (before.isPresent()) {
      table
          .missing(before.get())
          .ifPresent(
              why ->
                  refuse(
                      source,
                      "%s: an interrupted prepare of this run folder has read it; run prepare with overwrite=true, which reads the current %s"
                          .formatted(why, name)));
      return before.get();
    }
    Optional<String> current = table.current();
    if (current.isEmpty()) {
      refuse(source, "nothing was ever written to it; write its documents first");
    }
    return current.get();
  }

  /**
   * The table that a source names.
   *
   * @throws InvalidSettings when its path is no name
   */
  static CatalogTable table(SparkSession spark, Source source) {
    if (isFolder(source)) {
      String folder = files(spark).qualified(Files.path(source.path())).toString();
      return new CatalogTable(spark, List.of(TableFormat.DELTA.provider(), folder));
    }
    List<String> parts = TableName.parts(source.path());
    if (parts.isEmpty()) {
      refuse(
          source,
          "a table's name is catalog.namespace.table, with backquotes around what is no plain word");
    }
    return new CatalogTable(spark, parts);
  }

  /**
   * The versions of a pinned source's table; empty if it has none.
   *
   * @param pinned a table
   */
  static Optional<VersionedTable> versions(SparkSession spark, Source pinned) {
    return TableFormat.of(pinned.format())
        .map(format -> new VersionedTable(table(spark, pinned), format));
  }

  /** Why a pinned source's table cannot be read any more, if that shows without reading it. */
  static Optional<String> missing(SparkSession spark, Source pinned) {
    CatalogTable table = table(spark, pinned);
    Optional<String> gone = gone(table, pinned);
    return gone.isPresent()
        ? gone
        : versions(spark, pinned).flatMap(versions -> versions.missing(pinned.version()));
  }

  private static Optional<String> gone(CatalogTable table, Source source) {
    if (isFolder(source)) {
      Path log = new Path(table.parts().get(1), "_delta_log");
      return files(table.spark()).exists(log)
          ? Optional.empty()
          : Optional.of("there is no Delta table in that folder");
    }
    return table.exists()
        ? Optional.empty()
        : Optional.of("there is no such table in catalog " + table.catalog());
  }

  /** Whether a Delta table is named by its folder. */
  private static boolean isFolder(Source source) {
    return source.format().equals(TableFormat.DELTA.provider()) && source.path().contains("/");
  }

  private static Files files(SparkSession spark) {
    return new Files(spark.sparkContext().hadoopConfiguration());
  }

  private static void refuse(Source source, String why) {
    throw new InvalidSettings(sentence(source, why));
  }

  private static String sentence(Source source, String why) {
    return "Cannot read source %s as %s: %s".formatted(source.path(), source.format(), why);
  }
}
