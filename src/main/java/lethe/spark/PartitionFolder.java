package lethe.spark;

import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;

/** Names of folders as Spark writes them for the partitions of a table. */
public final class PartitionFolder {
  private PartitionFolder() {}

  /** With what a folder's name cannot hold escaped. */
  public static String escaped(String name) {
    return ExternalCatalogUtils.escapePathName(name);
  }

  /** The name that Spark or Hive wrote as a folder. */
  public static String unescaped(String folder) {
    return ExternalCatalogUtils.unescapePathName(folder);
  }
}
