package lethe.corpus.split;

import static lethe.corpus.source.Documents.ID;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.corpus.source.DocumentId;
import lethe.corpus.source.FileEntry;
import lethe.corpus.source.FileRows;
import lethe.corpus.source.JsonFault;
import lethe.corpus.source.JsonLine;
import lethe.corpus.source.Listing;
import lethe.corpus.source.Opener;
import lethe.folder.Files;
import lethe.folder.Text;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A file that lists documents by id.
 *
 * @param file any Hadoop path, plain or compressed. Without {@code at}: one id per line, or one
 *     JSON object with a member {@code id} per line, or a JSON array of either. With it: one JSON
 *     document
 * @param at member names joined with dots; every value below that member is an {@link DocumentId}
 */
public record IdFile(String file, Optional<String> at) {

  private static final String LINE = "line";
  private static final String WHY = "why";

  /** Reads {@code key = "file"} or {@code key { file = "file", at = "a.b" }}. */
  static Optional<IdFile> read(Section section, String key) {
    if (!section.has(key)) {
      return Optional.empty();
    }
    if (section.isList(key)) {
      section.problem(
          key,
          "must name a file with one id a line, was a list; put the ids into a file, or name a few by where = \"id IN ('a', 'b')\"");
      return Optional.empty();
    }
    if (!section.isObject(key)) {
      return Optional.of(new IdFile(section.string(key), Optional.empty()));
    }
    Section object = section.section(key);
    object.allowOnly("file", "at");
    return Optional.of(new IdFile(object.string("file"), object.optionalText("at")));
  }

  /**
   * The ids, each once, in a column {@code id}.
   *
   * @throws InvalidSettings when the file holds something else, or no id
   */
  Dataset<Row> ids(SparkSession spark, Files files) {
    try {
      Dataset<Row> ids = at.isPresent() ? below(spark, at.get()) : lines(spark, files);
      if (ids.isEmpty()) {
        throw new InvalidSettings("Cannot read ids from " + file + ": it lists none");
      }
      return ids.distinct();
    } catch (InvalidSettings e) {
      throw e;
    } catch (Exception e) { // Spark's own are checked and not declared
      throw unreadable("ids", file, e);
    }
  }

  /** What to throw for a list that cannot be read completely. */
  static InvalidSettings unreadable(String what, String file, Exception failure) {
    Throwable first = ExceptionUtils.getRootCause(failure);
    String why =
        first instanceof JsonProcessingException json
            ? "it is not JSON: " + JsonFault.of(json)
            : String.valueOf(first.getMessage()).lines().findFirst().orElse(first.toString());
    return new InvalidSettings("Cannot read %s from %s: %s".formatted(what, file, why), failure);
  }

  private Dataset<Row> lines(SparkSession spark, Files files) {
    Dataset<Row> ids =
        spark.createDataFrame(
            FileRows.entries(spark, Listing.of(file, files)).map(IdFile::row),
            new StructType()
                .add(ID, DataTypes.StringType)
                .add(LINE, DataTypes.StringType)
                .add(WHY, DataTypes.StringType));
    ids.where(functions.col(ID).isNull()).limit(1).collectAsList().stream()
        .findFirst()
        .ifPresent(
            bad -> {
              throw new InvalidSettings(
                  "Cannot read ids from %s: no id in the line %s: it %s"
                      .formatted(file, bad.getAs(LINE), bad.getAs(WHY)));
            });
    return ids.select(ID);
  }

  /** A line or an object of an array: columns {@code id line why}. */
  private static Row row(FileEntry entry) {
    String line =
        entry.object() != null
            ? entry.object().toString()
            : JsonLine.excerpt(entry.bytes()).replace("\uFEFF", "").strip();
    try {
      DocumentId id = id(entry);
      return RowFactory.create(id.text(), line, id.problem());
    } catch (CharacterCodingException e) {
      return RowFactory.create(null, line, "is not UTF-8");
    } catch (JsonProcessingException e) {
      return RowFactory.create(null, line, "is not JSON: " + JsonFault.of(e));
    }
  }

  /** What begins with a brace or a quote is JSON; any other line is the id itself. */
  private static DocumentId id(FileEntry entry)
      throws CharacterCodingException, JsonProcessingException {
    if (entry.object() != null) {
      return id(entry.object());
    }
    String line = Text.decode(entry.bytes()).replace("\uFEFF", "").strip();
    boolean json = line.startsWith("{") || (line.startsWith("\"") && line.length() > 1);
    return json ? id(JsonLine.LINE.readTree(line)) : DocumentId.of(new TextNode(line));
  }

  private static DocumentId id(JsonNode node) {
    if (!node.isObject()) {
      return DocumentId.of(node);
    }
    DocumentId id = DocumentId.of(node.path("id"));
    return id.text() == null ? new DocumentId(null, "has an id that " + id.problem()) : id;
  }

  private Dataset<Row> below(SparkSession spark, String path) {
    JsonNode node = json(new Opener(spark.sparkContext().hadoopConfiguration()));
    for (String name : path.split("\\.")) {
      node = node.path(name);
    }
    if (node.isMissingNode()) {
      throw new InvalidSettings("Cannot read ids from " + file + ": it has no member " + path);
    }
    List<String> found = new ArrayList<>();
    collect(node, path, found);
    return spark.createDataset(found, Encoders.STRING()).select(functions.col("value").as(ID));
  }

  private JsonNode json(Opener opener) {
    try (InputStream in = opener.text(Files.path(file).toString())) {
      return JsonLine.LINE.readTree(in);
    } catch (JsonProcessingException e) {
      throw new InvalidSettings(
          "Cannot read ids from " + file + ": it is not JSON: " + JsonFault.of(e), e);
    } catch (IOException e) {
      throw new InvalidSettings("Cannot read ids from " + file + ": " + e.getMessage(), e);
    }
  }

  private void collect(JsonNode node, String path, List<String> found) {
    if (node.isContainerNode()) {
      node.forEach(inner -> collect(inner, path, found));
      return;
    }
    DocumentId id = DocumentId.of(node);
    if (id.text() == null) {
      throw new InvalidSettings(
          "Cannot read ids from %s: a value below %s %s".formatted(file, path, id.problem()));
    }
    found.add(id.text());
  }
}
