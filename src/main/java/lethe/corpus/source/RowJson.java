package lethe.corpus.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import lethe.folder.Text;
import lethe.spark.ScalaCollections;
import org.apache.spark.sql.Row;
import scala.collection.Map;
import scala.collection.Seq;

/**
 * A row of Spark's as JSON, determined by its columns and by no setting of the session: bytes are
 * text in UTF-8 (to Spark they are Base64), instants are in UTC, a null becomes no member.
 */
final class RowJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final DateTimeFormatter INSTANT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

  private RowJson() {}

  static ObjectNode of(Row row) {
    ObjectNode object = JSON.objectNode();
    String[] names = row.schema().fieldNames(); // a new array at each call
    for (int i = 0; i < row.size(); i++) {
      if (!row.isNullAt(i)) {
        object.set(names[i], value(row.get(i)));
      }
    }
    return object;
  }

  private static JsonNode value(Object value) {
    if (value == null) {
      return JSON.nullNode();
    } else if (value instanceof String text) {
      return JSON.textNode(text);
    } else if (value instanceof byte[] bytes) {
      return text(bytes);
    } else if (value instanceof Row row) {
      return of(row);
    } else if (value instanceof Seq<?> list) {
      ArrayNode array = JSON.arrayNode();
      ScalaCollections.list(list).forEach(element -> array.add(value(element)));
      return array;
    } else if (value instanceof Map<?, ?> map) {
      ObjectNode object = JSON.objectNode();
      ScalaCollections.map(map)
          .forEach((key, inner) -> object.set(String.valueOf(key), value(inner)));
      return object;
    }
    return plain(value);
  }

  private static JsonNode plain(Object value) {
    if (value instanceof Long || value instanceof Integer) {
      return JSON.numberNode(((Number) value).longValue());
    } else if (value instanceof Short || value instanceof Byte) {
      return JSON.numberNode(((Number) value).intValue());
    } else if (value instanceof Float number) {
      return JSON.numberNode(number);
    } else if (value instanceof Double number) {
      return JSON.numberNode(number);
    } else if (value instanceof BigDecimal number) {
      return number.scale() == 0
          ? JSON.numberNode(number.toBigIntegerExact())
          : DecimalNode.valueOf(number); // with all its digits
    } else if (value instanceof Boolean truth) {
      return JSON.booleanNode(truth);
    } else if (value instanceof Timestamp time) {
      return JSON.textNode(INSTANT.format(time.toInstant()));
    } else if (value instanceof Instant time) {
      return JSON.textNode(INSTANT.format(time));
    } else if (value instanceof Date date) {
      return JSON.textNode(date.toLocalDate().toString());
    }
    return JSON.textNode(value.toString());
  }

  private static JsonNode text(byte[] bytes) {
    try {
      return JSON.textNode(Text.decode(bytes));
    } catch (CharacterCodingException e) {
      return JSON.binaryNode(bytes); // not text, and refused as such
    }
  }
}
