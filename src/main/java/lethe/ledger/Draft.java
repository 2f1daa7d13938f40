package lethe.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import lethe.json.Json;

/**
 * An entry that is not written yet.
 *
 * @param request id; null where the entry is about several or none
 * @param night name; null for what no night did
 * @param detail what everybody may read
 * @param secret what stays in the house; null where there is nothing
 */
public record Draft(
    EntryKind kind, String request, String night, ObjectNode detail, JsonNode secret) {

  /** Without a private part. */
  public static Draft open(
      EntryKind kind, String request, String night, Map<String, ? extends Object> detail) {
    return new Draft(kind, request, night, Json.MAPPER.valueToTree(detail), null);
  }

  /** The same with a private part. */
  public Draft with(Object secretPart) {
    return new Draft(kind, request, night, detail, Json.MAPPER.valueToTree(secretPart));
  }
}
