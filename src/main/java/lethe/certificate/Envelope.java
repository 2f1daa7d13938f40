package lethe.certificate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import lethe.json.Json;
import lethe.ledger.CanonicalJson;
import org.apache.commons.lang3.ArrayUtils;

/**
 * A DSSE envelope (Dead Simple Signing Envelope, version 1): a payload, its type, and a signature
 * over both, or none.
 *
 * @param payload canonical JSON
 * @param signature Ed25519 over {@link #signed}; empty where it is unsigned
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Envelope(byte[] payload, Optional<byte[]> signature) {
  static final String TYPE = "application/vnd.in-toto+json";

  private static final String PAYLOAD = "payload";
  private static final String SIGNATURES = "signatures";
  private static final String SIG = "sig";

  /**
   * What a signature is over, DSSE's pre-authentication encoding.
   *
   * <pre>  "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload,   LEN in bytes, decimal </pre>
   */
  static byte[] signed(byte[] payload) {
    String head =
        "DSSEv1 %d %s %d "
            .formatted(TYPE.getBytes(StandardCharsets.UTF_8).length, TYPE, payload.length);
    return ArrayUtils.addAll(head.getBytes(StandardCharsets.UTF_8), payload);
  }

  /** The file: one line of canonical JSON. */
  byte[] bytes() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put(PAYLOAD, Base64.getEncoder().encodeToString(payload));
    json.put("payloadType", TYPE);
    var signatures = json.putArray(SIGNATURES);
    signature.ifPresent(
        own -> signatures.addObject().put(SIG, Base64.getEncoder().encodeToString(own)));
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    line.writeBytes(CanonicalJson.bytes(json));
    line.write('\n');
    return line.toByteArray();
  }

  /** The envelope of a file; empty where the file is anything but what {@link #bytes} writes. */
  static Optional<Envelope> read(byte[] file) {
    try {
      JsonNode json = Json.MAPPER.readTree(file);
      JsonNode signatures = json.path(SIGNATURES);
      Envelope envelope =
          new Envelope(
              Base64.getDecoder().decode(json.path(PAYLOAD).asText()),
              signatures.isEmpty()
                  ? Optional.empty()
                  : Optional.of(Base64.getDecoder().decode(signatures.path(0).path(SIG).asText())));
      return Optional.of(envelope).filter(read -> Arrays.equals(read.bytes(), file));
    } catch (IOException | IllegalArgumentException e) { // no JSON, or no base64
      return Optional.empty();
    }
  }

  /** The payload as JSON; empty where it is not canonical. */
  Optional<JsonNode> statement() {
    try {
      JsonNode json = Json.MAPPER.readTree(payload);
      return Optional.of(json).filter(read -> Arrays.equals(CanonicalJson.bytes(read), payload));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
