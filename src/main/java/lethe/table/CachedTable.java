package lethe.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A table that is computed once and kept in the run folder. Its {@code _manifest.json} is written
 * last and records what the table was computed from. The table is computed again if its manifest is
 * missing or names another origin, or if a part is missing or has changed. Its name begins with an
 * underscore so that the folder can be read as plain Parquet.
 *
 * @param files of the run
 * @param table its folder
 * @param origin everything that its content depends on
 */
public record CachedTable(Files files, Path table, Map<String, Object> origin) {

  /**
   * @param origin as in {@link CachedTable}
   * @param parts SHA-256 by file name
   */
  private record Manifest(Map<String, Object> origin, Map<String, String> parts) {}

  /** Reads the table, computing and writing it first unless it is current. */
  public Dataset<Row> readOrCompute(SparkSession spark, Supplier<Dataset<Row>> compute) {
    Path manifest = manifest();
    if (!isCurrent()) {
      files.delete(table);
      TableFiles.write(compute.get()).parquet(table.toString());
      Map<String, String> parts = new TreeMap<>();
      for (Path file : files.list(table)) {
        if (file.getName().endsWith(".parquet")) {
          parts.put(file.getName(), files.sha256(file));
        }
      }
      files.writeJson(manifest, new Manifest(new TreeMap<>(origin), parts));
    }
    List<String> parts = new ArrayList<>();
    files
        .readJson(manifest)
        .path("parts")
        .fieldNames()
        .forEachRemaining(part -> parts.add(new Path(table, part).toString()));
    return TableFiles.read(spark).parquet(parts.toArray(String[]::new));
  }

  /** Whether the table exists with this origin and every part of it is unchanged. */
  public boolean isCurrent() {
    if (!files.exists(manifest())) {
      return false;
    }
    try {
      JsonNode manifest = files.readJson(manifest());
      return sameOrigin(manifest) && whole(manifest.path("parts"));
    } catch (InvalidSettings e) { // damaged: the table is computed again
      return false;
    }
  }

  /** The names of its files, in order; the table must exist. */
  public List<String> parts() {
    List<String> names = new ArrayList<>();
    files.readJson(manifest()).path("parts").fieldNames().forEachRemaining(names::add);
    return names;
  }

  private boolean whole(JsonNode parts) {
    for (Map.Entry<String, JsonNode> part : parts.properties()) {
      Path file = new Path(table, part.getKey());
      if (!files.exists(file) || !files.sha256(file).equals(part.getValue().asText())) {
        return false;
      }
    }
    return !parts.isEmpty();
  }

  private Path manifest() {
    return new Path(table, "_manifest.json");
  }

  /** Compares as text, because JSON read from a file has other number types. */
  private boolean sameOrigin(JsonNode manifest) {
    return Files.json(manifest.path("origin")).equals(Files.json(new TreeMap<>(origin)));
  }
}
