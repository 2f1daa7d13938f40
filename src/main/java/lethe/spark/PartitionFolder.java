package lethe.spark;

import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;

/** The folder names that Spark writes for the partitions of a table. */
public final class PartitionFolder {
  private PartitionFolder() {}

  /** The name with the characters escaped that a folder's name cannot contain. */
  public static String escaped(String name) {
    return ExternalCatalogUtils.escapePathName(name);
  }

  /** The name that Spark or Hive wrote as a folder. */
  public static String unescaped(String folder) {
    return ExternalCatalogUtils.unescapePathName(folder);
  }
}
