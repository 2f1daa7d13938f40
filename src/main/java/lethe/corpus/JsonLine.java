package lethe.corpus;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import lethe.folder.Files;

/**
 * One line or file of a source: a document, or the reason why it is none.
 *
 * @param object the line as JSON; missing where it is not JSON
 * @param id null where there is none
 * @param question null where there is none, as in plain text
 * @param text null where there is none
 * @param reason a few words, the same for all lines with this fault; null for a document
 * @param detail what is particular to this line; null for a document
 */
record JsonLine(
    JsonNode object, String id, String question, String text, String reason, String detail) {
  private static final int EXCERPT_BYTES = 200;

  /** Documents may be longer than the 20 million characters Jackson allows by default. */
  private static final ObjectReader JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .build())
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  static JsonLine parse(byte[] line, Source source) {
    JsonNode object;
    try {
      object = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return rejected(
          MissingNode.getInstance(), null, fault(line), String.valueOf(e.getOriginalMessage()));
    } catch (IOException e) {
      return rejected(MissingNode.getInstance(), null, "not UTF-8", e.getMessage());
    }
    if (!object.isObject()) {
      return rejected(object, null, "not an object", "a JSON " + kind(object));
    }
    if (source.question() != null) {
      return withQuestion(object, source);
    }
    JsonNode id = source.id().find(object);
    if (!id.isTextual() && !id.isIntegralNumber()) {
      return rejected(object, null, "no id", source.id() + " is " + kind(id));
    }
    if (id.asText().isBlank()) {
      return rejected(object, null, "no id", source.id() + " is empty");
    }
    if (loneSurrogate(id.asText()) >= 0) {
      return rejected(object, null, "no id", source.id() + " has half a character");
    }
    JsonNode text = source.text().find(object);
    Optional<JsonLine> fault = fault(object, id.asText(), "no text", source.text(), text);
    return fault.orElseGet(
        () -> new JsonLine(object, id.asText(), null, text.textValue(), null, null));
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
  static JsonLine file(byte[] content, String name) {
    JsonNode none = MissingNode.getInstance();
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      return rejected(none, name, "not UTF-8", e.getMessage());
    }
    text = text.startsWith("\uFEFF") ? text.substring(1) : text;
    return text.isEmpty()
        ? rejected(none, name, "no text", "the file is empty")
        : new JsonLine(none, name, null, text, null, null);
  }

  /** A question with its answer; where the source names no id, it is known by its content. */
  private static JsonLine withQuestion(JsonNode object, Source source) {
    JsonNode question = source.question().find(object);
    JsonNode answer = source.text().find(object);
    String content = question.asText() + "\n" + answer.asText();
    byte[] hash = Files.sha256().digest(content.getBytes(StandardCharsets.UTF_8));
    String id =
        source.id() == null
            ? HexFormat.of().formatHex(hash, 0, 8)
            : source.id().find(object).asText();
    if (id.isBlank()) {
      return rejected(object, null, "no id", source.id() + " is missing or empty");
    }
    return fault(object, id, "no question", source.question(), question)
        .or(() -> fault(object, id, "no answer", source.text(), answer))
        .orElseGet(
            () -> new JsonLine(object, id, question.textValue(), answer.textValue(), null, null));
  }

  /** What makes a member no text, if anything does. */
  private static Optional<JsonLine> fault(
      JsonNode object, String id, String reason, Place place, JsonNode text) {
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
  static String excerpt(byte[] line) {
    return new String(
        Arrays.copyOf(line, Math.min(line.length, EXCERPT_BYTES)), StandardCharsets.UTF_8);
  }

  private static JsonLine rejected(JsonNode object, String id, String reason, String detail) {
    return new JsonLine(object, id, null, null, reason, detail);
  }

  private static String kind(JsonNode node) {
    return node.isMissingNode()
        ? "missing"
        : node.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
  }

  /**
   * Index of the first half of a surrogate pair that stands alone, or -1: no such text is UTF-8.
   */
  private static int loneSurrogate(String text) {
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
