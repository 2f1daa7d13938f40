package lethe.corpus.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import lethe.folder.Text;
import lethe.json.Json;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * One line or file of a source: a document, or the reason why it is none.
 *
 * @param object the line as JSON, of a file of text the members of its folders; missing where it is
 *     not JSON
 * @param id null where there is none
 * @param made whether the id is a hash of the content, for want of another
 * @param question null where there is none, as in plain text
 * @param text null where there is none
 * @param reason a few words, the same for all lines with this fault; null for a document
 * @param detail what is particular to this line; null for a document
 */
public record JsonLine(
    JsonNode object,
    String id,
    boolean made,
    String question,
    String text,
    String reason,
    String detail) {
  private static final int EXCERPT_BYTES = 200;

  /** Of a hash that is an id: two documents in a billion share one with a chance of 3 %. */
  private static final int HASH_DIGITS = 16;

  static final ObjectReader JSON = Json.LENIENT;

  /** The same, with nothing behind the first value. */
  public static final ObjectReader LINE = JSON.with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * @param members of the file's folders, which count where the object has none of that name
   */
  static JsonLine parse(byte[] line, Source source, Map<String, String> members) {
    for (int i = 0; i < Math.min(4, line.length); i++) {
      if (line[i] == 0) { // Jackson would guess another encoding, and for one line in two be right
        return rejected(MissingNode.getInstance(), null, "not UTF-8", "a NUL at byte " + i);
      }
    }
    try {
      return of(LINE.readTree(line), source, members);
    } catch (JsonProcessingException e) {
      return rejected(MissingNode.getInstance(), null, fault(line), JsonFault.of(e));
    } catch (IOException e) {
      return rejected(MissingNode.getInstance(), null, "not UTF-8", e.getMessage());
    }
  }

  /** A row as JSON. */
  static JsonLine of(JsonNode object, Source source, Map<String, String> members) {
    if (!object.isObject()) {
      return rejected(object, null, "not an object", "a JSON " + kind(object));
    }
    members.forEach((name, value) -> ((ObjectNode) object).putIfAbsent(name, new TextNode(value)));
    if (source.question() != null) {
      return withQuestion(object, source);
    }
    JsonNode text = source.text().find(object);
    DocumentId own = DocumentId.of(source.id().find(object));
    boolean made = !source.id().asked() && own.missing();
    DocumentId id = made ? new DocumentId(hash(source.path() + "\n" + text.asText()), null) : own;
    if (id.text() == null) {
      return rejected(object, null, "no id", source.id() + " " + id.problem());
    }
    return fault(object, id.text(), "no text", source.text(), text)
        .orElseGet(() -> new JsonLine(object, id.text(), made, null, text.textValue(), null, null));
  }

  /** Why a line is not JSON: Jackson takes bytes of another encoding for bad syntax. */
  private static String fault(byte[] line) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line));
      return "not JSON";
    } catch (CharacterCodingException e) {
      return "not UTF-8";
    }
  }

  /** A file that is one document: its text, known by the file's name. */
  static JsonLine file(byte[] content, String name, Map<String, String> members) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    members.forEach(object::put);
    String refusal = Packing.of(content).refusal();
    if (refusal != null || tar(content)) {
      return rejected(object, name, "not text", refusal != null ? refusal : "it is a tar archive");
    }
    try {
      String text = Text.decode(content);
      return text.isEmpty()
          ? rejected(object, name, "no text", "the file is empty")
          : new JsonLine(object, name, false, null, text, null, null);
    } catch (CharacterCodingException e) {
      return rejected(object, name, "not UTF-8", e.getMessage());
    }
  }

  /** Whether this is an archive of other files: such text is UTF-8, too. */
  private static boolean tar(byte[] content) {
    return content.length > 512
        && new String(content, 257, 5, StandardCharsets.ISO_8859_1).equals("ustar");
  }

  /** A question with its answer; where the source names no id, it is known by its content. */
  private static JsonLine withQuestion(JsonNode object, Source source) {
    JsonNode question = source.question().find(object);
    JsonNode answer = source.text().find(object);
    DocumentId id =
        source.id() == null
            ? new DocumentId(hash(question.asText() + "\n" + answer.asText()), null)
            : DocumentId.of(source.id().find(object));
    if (id.text() == null) {
      return rejected(object, null, "no id", source.id() + " " + id.problem());
    }
    return fault(object, id.text(), "no question", source.question(), question)
        .or(() -> fault(object, id.text(), "no answer", source.text(), answer))
        .orElseGet(
            () ->
                new JsonLine(
                    object,
                    id.text(),
                    source.id() == null,
                    question.textValue(),
                    answer.textValue(),
                    null,
                    null));
  }

  private static String hash(String content) {
    return DigestUtils.sha256Hex(content).substring(0, HASH_DIGITS);
  }

  /** What makes a member no text, if anything does. */
  private static Optional<JsonLine> fault(
      JsonNode object, String id, String reason, MemberPath place, JsonNode text) {
    if (!text.isTextual() || text.textValue().isEmpty()) {
      String found = text.isTextual() ? "empty" : kind(text);
      return Optional.of(rejected(object, id, reason, place + " is " + found));
    }
    int lone = loneSurrogate(text.textValue());
    return lone < 0
        ? Optional.empty()
        : Optional.of(
            rejected(object, id, "lone surrogate", "half a character at UTF-16 unit " + lone));
  }

  /** An address of the document, or null. */
  String url(Source source) {
    JsonNode url = source.url().find(object);
    return url.isTextual() ? url.textValue() : null;
  }

  /** The start of a line, for a reader of rejects; bytes that are not UTF-8 are replaced. */
  public static String excerpt(byte[] line) {
    return new String(
        Arrays.copyOf(line, Math.min(line.length, EXCERPT_BYTES)), StandardCharsets.UTF_8);
  }

  private static JsonLine rejected(JsonNode object, String id, String reason, String detail) {
    return new JsonLine(object, id, false, null, null, reason, detail);
  }

  private static String kind(JsonNode node) {
    return node.isMissingNode() ? "missing" : node.getNodeType().name().toLowerCase(Locale.ROOT);
  }

  /**
   * Index of the first half of a surrogate pair without its other half, or -1: such a text cannot
   * be UTF-8.
   */
  static int loneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isHighSurrogate(text.charAt(i))
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(text.charAt(i))) {
        return i;
      }
    }
    return -1;
  }
}
