package lethe.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import scala.util.Properties;

/** A format whose tables keep their earlier versions. */
public enum TableFormat {
  /** Its versions are called snapshots. */
  ICEBERG("iceberg", "snapshot", "org.apache.iceberg.") {
    @Override
    public String artefact(SparkSession spark) {
      String[] version = spark.version().split("\\.");
      return "org.apache.iceberg:iceberg-spark-runtime-%s.%s_%s"
          .formatted(version[0], version[1], scala());
    }

    @Override
    public Optional<String> missing(SparkSession spark) {
      return Optional.empty(); // the setting of its catalog is all that it needs
    }
  },

  /** Its versions are numbered from 0. */
  DELTA("delta", "version", "org.apache.spark.sql.delta.") {
    @Override
    public String artefact(SparkSession spark) {
      return "io.delta:delta-spark_" + scala();
    }

    @Override
    public Optional<String> missing(SparkSession spark) {
      List<String> missing = new ArrayList<>();
      if (!CatalogTable.loads(DELTA_EXTENSION)) {
        missing.add("spark.jars.packages=" + artefact(spark) + ":<version>");
      }
      if (!spark.conf().get(EXTENSIONS, "").contains(DELTA_EXTENSION)) {
        missing.add(EXTENSIONS + "=" + DELTA_EXTENSION);
      }
      if (!spark.conf().get(SESSION_CATALOG, "").equals(DELTA_CATALOG)) {
        missing.add(SESSION_CATALOG + "=" + DELTA_CATALOG);
      }
      return missing.isEmpty()
          ? Optional.empty()
          : Optional.of("Spark cannot read Delta without " + String.join(" and ", missing));
    }
  };

  private static final String EXTENSIONS = "spark.sql.extensions";
  private static final String SESSION_CATALOG = "spark.sql.catalog.spark_catalog";
  private static final String DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension";
  private static final String DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog";

  private final String provider;
  private final String version;
  private final String classes;

  TableFormat(String provider, String version, String classes) {
    this.provider = provider;
    this.version = version;
    this.classes = classes;
  }

  /** The format that Spark calls by a name, if it is one of these. */
  public static Optional<TableFormat> of(String provider) {
    return Stream.of(values())
        .filter(format -> format.provider.equalsIgnoreCase(provider))
        .findFirst();
  }

  /** The format that a catalog's class belongs to, if it is one of these. */
  static Optional<TableFormat> ofCatalog(String plugin) {
    return Stream.of(values()).filter(format -> plugin.startsWith(format.classes)).findFirst();
  }

  /** Spark's name of it. */
  public String provider() {
    return provider;
  }

  /** What a version of such a table is called. */
  public String version() {
    return version;
  }

  /** Group and name of the artefact that this Spark needs for it. */
  public abstract String artefact(SparkSession spark);

  /** Which settings Spark lacks to read any table of this format, if it lacks some. */
  public abstract Optional<String> missing(SparkSession spark);

  /** Scala's line, as 2.12. */
  private static String scala() {
    String version = Properties.versionNumberString();
    return version.substring(0, version.lastIndexOf('.'));
  }
}
