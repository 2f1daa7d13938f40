package lethe.corpus.source;

import static lethe.corpus.source.Documents.DETAIL;
import static lethe.corpus.source.Documents.EXCERPT;
import static lethe.corpus.source.Documents.FILE;
import static lethe.corpus.source.Documents.MADE;
import static lethe.corpus.source.Documents.QUESTION;
import static lethe.corpus.source.Documents.ROW;
import static lethe.corpus.source.Documents.SOURCE_NUMBER;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.source.Documents.URL;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Makes rows of {@link Documents} from those of one source.
 *
 * @param number of the source among all, from 0
 * @param columns members that predicates name
 */
record DocumentRow(Source source, int number, SourceColumns columns) implements Serializable {

  static StructType schema(SourceColumns columns) {
    StructType schema =
        new StructType()
            .add(SOURCE_NUMBER, DataTypes.IntegerType)
            .add(FILE, DataTypes.StringType)
            .add(ROW, DataTypes.LongType)
            .add(MADE, DataTypes.BooleanType);
    for (String name : List.of(UNUSABLE, DETAIL, EXCERPT, URL, QUESTION)) {
      schema = schema.add(name, DataTypes.StringType);
    }
    schema = schema.add(Documents.TEXT_CHARACTERS, DataTypes.IntegerType);
    for (String name : Documents.OWN) {
      schema = schema.add(name, DataTypes.StringType);
    }
    for (var member : columns.schema().fields()) {
      schema = schema.add(member);
    }
    return schema;
  }

  /** Of a file that this program reads. */
  Row of(FileEntry entry) {
    Map<String, String> members = Listing.members(entry.name());
    JsonLine line =
        entry.object() != null
            ? JsonLine.of(entry.object(), source, members)
            : source.format().equals(Source.TEXT)
                ? JsonLine.file(entry.bytes(), entry.name(), members)
                : JsonLine.parse(entry.bytes(), source, members);
    return row(line, line.reason() == null ? null : excerpt(entry), entry.file(), entry.place());
  }

  private static String excerpt(FileEntry entry) {
    return JsonLine.excerpt(entry.bytes() == null ? bytes(entry.object()) : entry.bytes());
  }

  private static byte[] bytes(JsonNode object) {
    return object.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Of a table.
   *
   * @param name of its file below the source's folder
   */
  Row of(JsonNode object, String file, String name, long row) {
    JsonLine line = JsonLine.of(object, source, Listing.members(name));
    return row(line, line.reason() == null ? null : JsonLine.excerpt(bytes(object)), file, row);
  }

  private Row row(JsonLine line, String excerpt, String file, long place) {
    List<Object> values = new ArrayList<>();
    values.add(number);
    values.add(file);
    values.add(place);
    values.add(line.made());
    values.add(line.reason());
    values.add(line.detail());
    values.add(excerpt);
    values.add(line.url(source));
    values.add(line.question());
    values.add(line.text() == null ? null : line.text().codePointCount(0, line.text().length()));
    values.add(source.path());
    values.add(source.domain());
    values.add(line.id());
    values.add(line.text());
    Row members = columns.of(line.object());
    for (int i = 0; i < members.size(); i++) {
      values.add(members.get(i));
    }
    return RowFactory.create(values.toArray());
  }
}
