package lethe.resident;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import lethe.folder.Files;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A table that is computed once and kept in the run folder. Its {@code _manifest.json} is written
 * last and says what it was computed from: with another origin, or without one, it is computed
 * again. Its name begins with an underscore so that the folder can be read as plain Parquet.
 *
 * @param files of the run
 * @param table its folder
 * @param origin everything that its content depends on
 */
public record Kept(Files files, Path table, Map<String, Object> origin) {

  /**
   * @param origin as in {@link Kept}
   * @param parts SHA-256 by file name
   */
  private record Manifest(Map<String, Object> origin, Map<String, String> parts) {}

  /** Reads the table, computing and writing it first unless it is there. */
  public Dataset<Row> orElse(SparkSession spark, Supplier<Dataset<Row>> compute) {
    Path manifest = manifest();
    if (!stands()) {
      files.delete(table);
      compute
          .get()
          .write()
          .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false") // no empty _SUCCESS
          .parquet(table.toString());
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
    return spark
        .read()
        .option("__globPaths__", "false") // a folder may be named run[1]
        .parquet(parts.toArray(String[]::new));
  }

  /** Whether the table is there, of this origin. */
  public boolean stands() {
    return files.exists(manifest()) && sameOrigin(files.readJson(manifest()));
  }

  private Path manifest() {
    return new Path(table, "_manifest.json");
  }

  /** Compared as text: JSON read back has other number types. */
  private boolean sameOrigin(JsonNode manifest) {
    return Files.json(manifest.path("origin")).equals(Files.json(new TreeMap<>(origin)));
  }
}
