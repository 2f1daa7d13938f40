package lethe.train.seal;

import com.google.crypto.tink.subtle.AesGcmHkdfStreaming;
import com.google.crypto.tink.subtle.StreamSegmentDecrypter;
import com.google.crypto.tink.subtle.StreamSegmentEncrypter;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;

/**
 * Seals streams segment by segment, so that nobody has to hold one whole: Tink's AES-GCM-HKDF
 * streaming, whose every segment but the last has {@value #SEGMENT_BYTES} bytes in the clear.
 *
 * <pre>
 *   stream  = header + segments
 *   header  = its length (1 byte) + salt (32 random bytes) + nonce prefix (7 random bytes)
 *   key     = HKDF-SHA-256(the launch's key, salt, what the stream is bound to)
 *   nonce   = nonce prefix + segment number (4 bytes) + 1 for the last segment, else 0 (1 byte)
 *   segment = ciphertext + tag (16 bytes), AES-256-GCM
 * </pre>
 *
 * The nonce contains the segment number and the end mark, so that segments can be neither left out
 * nor swapped; the key depends on what the stream is bound to, so that no stream passes for
 * another. The construction is STREAM of Hoang, Reyhanitabar, Rogaway and Vizar, "Online
 * Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015. Tink's own channels
 * shorten the first segment by the header; here all have the same length.
 */
public final class SegmentCipher {
  /** Bytes of a full segment in the clear: fits a processor's second-level cache. */
  public static final int SEGMENT_BYTES = 256 << 10;

  static final int HEADER_BYTES = 40;
  static final int TAG_BYTES = 16;

  private final AesGcmHkdfStreaming streams;

  /**
   * @param key of the launch, 32 bytes
   */
  SegmentCipher(byte[] key) throws GeneralSecurityException {
    streams = new AesGcmHkdfStreaming(key, "HmacSha256", key.length, SEGMENT_BYTES + TAG_BYTES, 0);
  }

  /** Bytes of a stream as it travels. */
  static long sealedLength(long clear) {
    return HEADER_BYTES
        + clear
        + TAG_BYTES * Math.max(1, (clear + SEGMENT_BYTES - 1) / SEGMENT_BYTES);
  }

  /**
   * Begins a stream.
   *
   * @param bound what identifies this stream
   */
  StreamSegmentEncrypter encrypter(byte[] bound) throws GeneralSecurityException {
    return streams.newStreamSegmentEncrypter(bound);
  }

  /**
   * Reads a stream.
   *
   * @param header with which it began
   * @param bound what must identify it
   * @throws GeneralSecurityException when it is not a header
   */
  StreamSegmentDecrypter decrypter(ByteBuffer header, byte[] bound)
      throws GeneralSecurityException {
    StreamSegmentDecrypter decrypter = streams.newStreamSegmentDecrypter();
    decrypter.init(header, bound);
    return decrypter;
  }
}
