package lethe.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Locale;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.HmacAlgorithms;
import org.apache.commons.codec.digest.HmacUtils;
import org.apache.hadoop.fs.Path;

/**
 * The house's key. With it a document has the same name in every entry, and nobody without it can
 * tell which document that is, or try whether it is a given one: HMAC-SHA256, RFC 2104.
 */
public final class LedgerKey {
  /** Bytes of a key that is drawn, and the fewest of one that is given. */
  private static final int BYTES = 32;

  private static final HmacAlgorithms HMAC = HmacAlgorithms.HMAC_SHA_256;

  private final byte[] key;

  LedgerKey(byte[] key) {
    this.key = key;
  }

  /**
   * Reads a key file: its bytes in hexadecimal. One is drawn and written where there is none.
   *
   * @throws InvalidSettings when the file holds something else
   */
  public static LedgerKey kept(Path file, Files files) {
    if (!files.exists(file)) {
      byte[] drawn = new byte[BYTES];
      new SecureRandom().nextBytes(drawn);
      files.writeText(file, Hex.encodeHexString(drawn) + "\n");
    }
    return read(file, files);
  }

  /**
   * Reads a key file that is there.
   *
   * @throws InvalidSettings when it is not, or holds something else
   */
  public static LedgerKey read(Path file, Files files) {
    if (!files.exists(file)) {
      throw new InvalidSettings(
          "Cannot read the ledger's key: there is no %s; restore it from a copy, since no other key fits the ledger (for a new one, `openssl rand -hex %d` draws a key)"
              .formatted(file, BYTES));
    }
    String text = new String(files.read(file), StandardCharsets.US_ASCII).strip();
    try {
      byte[] key = Hex.decodeHex(text.toLowerCase(Locale.ROOT));
      if (key.length >= BYTES) {
        return new LedgerKey(key);
      }
    } catch (DecoderException e) {
      // said below
    }
    throw new InvalidSettings(
        "Cannot read the key in %s: it must be at least %d hexadecimal digits; restore the file, since documents have other names with another key"
            .formatted(file, 2 * BYTES));
  }

  /** The name of a document in the ledger, 64 hexadecimal digits. */
  public String name(String domain, String document) {
    return hmac("document\0" + domain + "\0" + document);
  }

  /** What binds an entry to its private part. */
  String seal(JsonNode secret) {
    return hmac("private\0" + CanonicalJson.text(secret));
  }

  private String hmac(String text) {
    return new HmacUtils(HMAC, key).hmacHex(text.getBytes(StandardCharsets.UTF_8));
  }
}
