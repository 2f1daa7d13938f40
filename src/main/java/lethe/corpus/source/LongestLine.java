package lethe.corpus.source;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.Arrays;
import lethe.json.Json;

/**
 * The longest line of a file, found in little memory: what may have been too much for an executor.
 *
 * @param file it is in
 * @param number of the line, from 1
 * @param bytes of the line
 * @param head its first bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record LongestLine(String file, long number, long bytes, byte[] head) implements Serializable {
  private static final int HEAD_BYTES = 1 << 16;

  static LongestLine of(String file, InputStream in) throws IOException {
    LongestLine longest = new LongestLine(file, 0, 0, new byte[0]);
    byte[] buffer = new byte[1 << 16];
    byte[] head = new byte[HEAD_BYTES];
    long number = 1;
    long bytes = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      for (int i = 0; i < n; i++) {
        if (buffer[i] == '\n') {
          longest = longest.or(number, bytes, head);
          number++;
          bytes = 0;
        } else {
          if (bytes < HEAD_BYTES) {
            head[(int) bytes] = buffer[i];
          }
          bytes++;
        }
      }
    }
    return longest.or(number, bytes, head);
  }

  private LongestLine or(long other, long length, byte[] start) {
    return length <= bytes
        ? this
        : new LongestLine(
            file, other, length, Arrays.copyOf(start, (int) Math.min(length, HEAD_BYTES)));
  }

  /** {@code document x in file, line 3}; the id only where it comes before the text. */
  String name(MemberPath id) {
    String known = id == null ? "" : id.find(members()).asText();
    return (known.isEmpty() ? "the document in " : "document " + known + " in ")
        + file
        + ", line "
        + number;
  }

  /** The members of the object that end within its first bytes. */
  private ObjectNode members() {
    ObjectNode members = Json.MAPPER.createObjectNode();
    try (JsonParser parser = Json.MAPPER.createParser(head)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          members.set(name, Json.MAPPER.readTree(parser));
        }
      }
    } catch (IOException e) {
      return members; // it is cut off here
    }
    return members;
  }
}
