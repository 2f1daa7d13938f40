package lethe.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * A file that lists documents by id.
 *
 * @param file any Hadoop path. Without {@code at}: one id a line, or one JSON object with a member
 *     {@code id} a line, plain or compressed. With it: one JSON document
 * @param at member names joined with dots; every text below that member is an id
 */
record IdFile(String file, Optional<String> at) {

  /** Reads {@code key = "file"} or {@code key { file = "file", at = "a.b" }}. */
  static Optional<IdFile> read(Section section, String key) {
    if (!section.has(key)) {
      return Optional.empty();
    }
    if (!section.isObject(key)) {
      return Optional.of(new IdFile(section.text(key), Optional.empty()));
    }
    Section object = section.section(key);
    object.allowOnly("file", "at");
    return Optional.of(new IdFile(object.text("file"), object.optionalText("at")));
  }

  /**
   * The ids, each once, in a column {@code id}.
   *
   * @throws InvalidSettings when the file holds something else, or no id
   */
  Dataset<Row> ids(SparkSession spark, Files files) {
    Dataset<Row> ids = at.isPresent() ? below(spark, files, at.get()) : lines(spark);
    if (ids.isEmpty()) {
      throw new InvalidSettings("Cannot read ids from " + file + ": it lists none");
    }
    return ids.distinct();
  }

  private Dataset<Row> lines(SparkSession spark) {
    Dataset<Row> ids =
        SourceRows.lines(spark, file)
            .selectExpr("trim(BOTH FROM translate(value, '\\r\\t\\uFEFF', '   ')) AS line")
            .where("line <> ''")
            .selectExpr("line", "if(line LIKE '{%', get_json_object(line, '$.id'), line) AS id");
    ids.where("id IS NULL").limit(1).collectAsList().stream()
        .findFirst()
        .ifPresent(
            bad -> {
              throw new InvalidSettings(
                  "Cannot read ids from " + file + ": no id in the line " + bad.getString(0));
            });
    return ids.select("id");
  }

  private Dataset<Row> below(SparkSession spark, Files files, String path) {
    JsonNode node = files.readJson(new Path(file));
    for (String name : path.split("\\.")) {
      node = node.path(name);
    }
    if (node.isMissingNode()) {
      throw new InvalidSettings("Cannot read ids from " + file + ": it has no member " + path);
    }
    List<String> found = new ArrayList<>();
    collect(node, found);
    return spark.createDataset(found, Encoders.STRING()).select(functions.col("value").as("id"));
  }

  private static void collect(JsonNode node, List<String> found) {
    if (node.isTextual()) {
      found.add(node.textValue());
    }
    node.forEach(inner -> collect(inner, found));
  }
}
