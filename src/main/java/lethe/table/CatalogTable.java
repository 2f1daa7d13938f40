package lethe.table;

import java.util.List;
import java.util.Optional;
import lethe.spark.TableName;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A table, or a view, of one of Spark's catalogs.
 *
 * @param parts of its name: the catalog, unless it is Spark's current one, namespaces, the table
 */
public record CatalogTable(SparkSession spark, List<String> parts) {
  private static final String CATALOG = "spark.sql.catalog.";
  private static final String SESSION_CATALOG = "spark_catalog";

  /** The name as SQL may have it. */
  public String sql() {
    return TableName.sql(parts);
  }

  /** Its catalog's name. */
  public String catalog() {
    String first = parts.get(0);
    return parts.size() > 1 && (first.equals(SESSION_CATALOG) || plugin(first).isPresent())
        ? first
        : spark.conf().get("spark.sql.defaultCatalog", SESSION_CATALOG);
  }

  /** Which setting or jar Spark lacks to look into the catalog, if it lacks one. */
  public Optional<String> unreachable() {
    String catalog = catalog();
    boolean own = catalog.equals(SESSION_CATALOG); // has databases and tables, nothing deeper
    if (own && parts.size() > (parts.get(0).equals(catalog) ? 3 : 2)) {
      return Optional.of(unknown(parts.get(0)));
    }
    Optional<String> plugin = plugin(catalog);
    if (!own && plugin.isEmpty()) {
      return Optional.of(unknown(catalog));
    }
    return plugin.filter(name -> !loads(name)).map(name -> unloadable(catalog, name));
  }

  /** A key of HOCON cannot have both a value and keys below it, unless those are in quotes. */
  private static String unknown(String catalog) {
    return "Spark has no catalog %1$s: set its class and kind, for Iceberg as spark.sql.catalog { %1$s = org.apache.iceberg.spark.SparkCatalog, \"%1$s.type\" = hive }, with these quotes"
        .formatted(catalog);
  }

  private String unloadable(String catalog, String plugin) {
    return "no jar has %s, the class of %s%s: set spark.jars.packages%s"
        .formatted(
            plugin,
            CATALOG,
            catalog,
            TableFormat.ofCatalog(plugin)
                .map(format -> "=" + format.artefact(spark) + ":<version>")
                .orElse(" or spark.jars to one that has it"));
  }

  /** What a class says that does not fit Spark's: its jar is for another line. */
  public static String foreign(SparkSession spark, LinkageError failure) {
    return "a jar is for another Spark than %s (%s); take the one for this Spark"
        .formatted(spark.version(), failure.getMessage());
  }

  private Optional<String> plugin(String catalog) {
    return Optional.of(spark.conf().get(CATALOG + catalog, "")).filter(name -> !name.isEmpty());
  }

  /** Whether Spark finds a class. */
  static boolean loads(String name) {
    try {
      Class.forName(name, false, Thread.currentThread().getContextClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  /** How a table of its catalog is to be stored, as SQL has it when it makes one. */
  String storage() {
    Optional<String> format =
        plugin(catalog()).flatMap(TableFormat::ofCatalog).map(TableFormat::provider);
    return format
        .or(() -> Optional.of("parquet").filter(parquet -> catalog().equals(SESSION_CATALOG)))
        .map("USING "::concat)
        .orElse("");
  }

  public boolean exists() {
    return spark.catalog().tableExists(sql());
  }

  /**
   * Forgets what this session knows of the table: others may have written to it. Delta's tables
   * need no such call, and those that are named by their folders do not bear it.
   */
  public void refresh() {
    spark.catalog().refreshTable(sql());
  }

  public Dataset<Row> rows() {
    return spark.table(sql());
  }

  /** What stores it, as parquet or iceberg; empty for a view. */
  public Optional<String> provider() {
    return spark.sql("DESCRIBE TABLE EXTENDED " + sql()).collectAsList().stream()
        .dropWhile(row -> !row.getString(0).startsWith("# Detailed"))
        .filter(row -> row.getString(0).equals("Provider"))
        .map(row -> row.getString(1))
        .findFirst();
  }
}
