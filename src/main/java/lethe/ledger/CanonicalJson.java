package lethe.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.erdtman.jcs.JsonCanonicalizer;

/**
 * The one way to write a JSON value, so that its hash is always the same: RFC 8785 (JSON
 * Canonicalization Scheme). Members in the order of their names' UTF-16 code units, no white space,
 * numbers as JavaScript writes them, the shortest escapes.
 */
public final class CanonicalJson {
  private CanonicalJson() {}

  /**
   * @param value of which every number is a double, as RFC 8785 has it: of a larger whole number
   *     than 2^53 the last digits are lost
   * @return UTF-8
   */
  public static byte[] bytes(JsonNode value) {
    return text(value).getBytes(StandardCharsets.UTF_8);
  }

  static String text(JsonNode value) {
    refuseUnlessFinite(value); // which Jackson would write as a text
    try {
      // The library takes an object or a list.
      String wrapped = new JsonCanonicalizer("[" + value + "]").getEncodedString();
      return wrapped.substring(1, wrapped.length() - 1);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot write as canonical JSON: " + e.getMessage(), e);
    }
  }

  private static void refuseUnlessFinite(JsonNode value) {
    if (value.isNumber() && !Double.isFinite(value.doubleValue())) {
      throw new IllegalStateException("Cannot write as canonical JSON: " + value.doubleValue());
    }
    value.forEach(CanonicalJson::refuseUnlessFinite);
  }
}
