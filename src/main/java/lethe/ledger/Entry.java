package lethe.ledger;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lethe.json.Json;
import lethe.json.OrNull;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * An entry of the ledger as everybody may read it. Documents have keyed names in it, see {@link
 * LedgerKey}.
 *
 * @param number of the entry, from 1
 * @param time of writing, ISO 8601 in UTC
 * @param kind what it says
 * @param request the id of the request it is about; null where it is about several or none
 * @param night the name of the night that it is of; null for what no night did
 * @param detail more, by the kind
 * @param sealed keyed hash of the entry's private part; null where there is none
 * @param previous {@link #hash} of the entry before; of the first, 64 zeros
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Entry(
    long number,
    String time,
    EntryKind kind,
    @OrNull String request,
    @OrNull String night,
    ObjectNode detail,
    @OrNull String sealed,
    String previous) {
  /** What the first entry has as the hash of the one before. */
  static final String FIRST = "0".repeat(64);

  /** SHA-256 of the entry's canonical JSON, in lower-case hexadecimal. */
  public String hash() {
    return DigestUtils.sha256Hex(CanonicalJson.bytes(Json.MAPPER.valueToTree(this)));
  }
}
