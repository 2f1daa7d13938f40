package lethe.corpus.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/**
 * The id of a document, wherever one is written: in a source, a list of ids or a request. It is
 * text or a whole number, and a number is the same as its digits.
 *
 * @param text null where there is none
 * @param problem why there is none
 */
public record DocumentId(String text, String problem) {

  private static final String NULL = "is null";
  private static final String MISSING = "is missing";

  public static DocumentId of(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return new DocumentId(null, node.isNull() ? NULL : MISSING);
    }
    if (!node.isTextual() && !node.isIntegralNumber()) {
      return new DocumentId(
          null,
          "is %s, but an id is text or a whole number"
              .formatted(
                  node.isContainerNode()
                      ? node.getNodeType().name().toLowerCase(Locale.ROOT)
                      : node.toString()));
    }
    String text = node.asText();
    return text.isBlank()
        ? new DocumentId(null, "is empty")
        : JsonLine.loneSurrogate(text) >= 0
            ? new DocumentId(null, "has half a character")
            : new DocumentId(text, null);
  }

  /** Whether there is nothing at all. */
  boolean missing() {
    return NULL.equals(problem) || MISSING.equals(problem);
  }
}
