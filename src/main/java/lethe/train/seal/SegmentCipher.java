package lethe.train.seal;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals one stream segment by segment, so that nobody has to hold it whole.
 *
 * <pre>
 *   stream  = salt (16 random bytes) + segments, each but the last of {@value #BYTES} bytes in the clear
 *   key     = HMAC-SHA-256(the launch's key, salt + what the stream is bound to)
 *   nonce   = segment number (4 bytes) + 1 for the last segment, else 0 (1 byte) + 7 zero bytes
 *   segment = ciphertext + tag (16 bytes), AES-256-GCM
 * </pre>
 *
 * Number and end stand in the nonce, so that segments can be neither left out nor exchanged, and
 * what the stream is bound to in the key, so that no stream passes for another. The construction is
 * STREAM of Hoang, Reyhanitabar, Rogaway and Vizar, "Online Authenticated-Encryption and its
 * Nonce-Reuse Misuse-Resistance", CRYPTO 2015.
 */
public final class SegmentCipher {
  /** Of a whole segment in the clear: fits a processor's second cache. */
  public static final int BYTES = 256 << 10;

  static final int SALT_BYTES = 16;
  static final int TAG_BYTES = 16;

  private final SecretKeySpec key;
  private int number;

  /**
   * @param launch the launch's key
   * @param bound what only this stream is
   */
  SegmentCipher(SecretKeySpec launch, byte[] salt, byte[] bound) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(launch);
      mac.update(salt);
      key = new SecretKeySpec(mac.doFinal(bound), "AES");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot derive the key of a stream", e);
    }
  }

  /** Bytes of a stream as it travels. */
  static long travelling(long clear) {
    return SALT_BYTES + clear + TAG_BYTES * Math.max(1, (clear + BYTES - 1) / BYTES);
  }

  /** Appends the next segment, sealed. */
  void seal(ByteBuffer clear, boolean last, ByteBuffer out) {
    try {
      cipher(Cipher.ENCRYPT_MODE, last).doFinal(clear, out);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot encrypt a message", e);
    }
  }

  /**
   * Appends the next segment in the clear.
   *
   * @throws IllegalStateException when it is not that segment of this stream, or changed
   */
  void open(ByteBuffer sealed, boolean last, ByteBuffer out) {
    try {
      cipher(Cipher.DECRYPT_MODE, last).doFinal(sealed, out);
    } catch (GeneralSecurityException e) {
      throw MessageCipher.refused(e);
    }
  }

  private Cipher cipher(int mode, boolean last) throws GeneralSecurityException {
    byte[] nonce = ByteBuffer.allocate(12).putInt(number++).put((byte) (last ? 1 : 0)).array();
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
    return cipher;
  }
}
