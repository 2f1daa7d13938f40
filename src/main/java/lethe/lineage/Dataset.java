package lethe.lineage;

import java.net.URI;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * Something that is read or written, named as OpenLineage's naming of datasets has it.
 *
 * @param namespace where it is: {@code file}, {@code s3://BUCKET}, {@code hdfs://HOST:PORT}, or
 *     {@code table}
 * @param name its path there, or the name of the table
 * @param version which content it has, as a hash or as a table's version; empty where that is not
 *     known
 */
public record Dataset(String namespace, String name, Optional<String> version) {
  private static final String FILE = "file";
  private static final String TABLE = "table";

  /**
   * A file or folder.
   *
   * @param path with its file system; a name and password in it are left out
   */
  public static Dataset of(Path path, Optional<String> version) {
    URI uri = path.toUri();
    String scheme = uri.getScheme() == null ? FILE : uri.getScheme();
    if (scheme.equals(FILE)) {
      return new Dataset(FILE, uri.getPath(), version);
    }
    String host = uri.getAuthority() == null ? "" : uri.getAuthority().replaceFirst(".*@", "");
    String bucket = scheme.matches("s3[an]?") ? "s3" : scheme;
    String name = bucket.equals("s3") ? uri.getPath().replaceFirst("^/", "") : uri.getPath();
    return new Dataset(bucket + "://" + host, name, version);
  }

  /** A table of a catalog. */
  public static Dataset table(String name, Optional<String> version) {
    return new Dataset(TABLE, name, version);
  }
}
