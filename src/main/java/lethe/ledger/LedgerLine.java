package lethe.ledger;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import lethe.json.Json;
import lethe.json.OrNull;

/**
 * A line of the ledger's file.
 *
 * @param entry as everybody may read it
 * @param hash of the entry, which the next one has as its previous
 * @param secret {@code private}: what must not leave the house; null where there is nothing, and in
 *     a copy for others
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LedgerLine(
    Entry entry, String hash, @OrNull @JsonProperty("private") JsonNode secret) {

  static LedgerLine of(Entry entry, JsonNode secret) {
    return new LedgerLine(entry, entry.hash(), secret);
  }

  /** Canonical JSON, without an end of line. */
  String text() {
    return CanonicalJson.text(Json.MAPPER.valueToTree(this));
  }

  /** The same for readers outside of the house. */
  LedgerLine withoutSecret() {
    return new LedgerLine(entry, hash, null);
  }
}
