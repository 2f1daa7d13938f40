package lethe.train.seal;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.subtle.AesGcmJce;
import com.google.crypto.tink.subtle.StreamSegmentEncrypter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * Protects the messages between workers and the driver: AES-256-GCM under the secret of the launch,
 * so that nobody without it can read, change or swap a gradient.
 *
 * <pre>
 *   sealed = nonce (12 random bytes) + ciphertext + tag (16 bytes), as Tink's {@link AesGcmJce} writes it
 * </pre>
 *
 * A request's head stays readable and is authenticated by its tag; a response's tag also
 * authenticates the head of its request, so that no response passes for that of another request.
 * Gradients and weights are streams of segments, see {@link SegmentCipher}. Spark has such a
 * cipher, too ({@code spark.network.crypto.cipher}), but that of Spark 3.5 before 3.5.9 loses all
 * messages of a connection after the first (SPARK-56227), and its other cipher does not detect
 * changes.
 */
public final class MessageCipher {
  /** No encryption. */
  public static final MessageCipher NONE = new MessageCipher(0, Optional.empty());

  private final int headBytes;
  private final Optional<Keys> keys;

  /** The cipher of messages and the cipher of streams. */
  private record Keys(Aead messages, SegmentCipher streams) {}

  private MessageCipher(int headBytes, Optional<Keys> keys) {
    this.headBytes = headBytes;
    this.keys = keys;
  }

  /**
   * @param secret of the launch, at least 256 random bits
   * @param headBytes bytes of a message that stay readable
   */
  public static MessageCipher of(String secret, int headBytes) {
    try {
      Keys keys =
          new Keys(
              new AesGcmJce(DigestUtils.sha256("lethe exchange " + secret)),
              new SegmentCipher(DigestUtils.sha256("lethe streams " + secret)));
      return new MessageCipher(headBytes, Optional.of(keys));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot use AES-GCM", e);
    }
  }

  /** A request as it travels: the head, then the sealed payload. */
  public ByteBuffer sealRequest(ByteBuffer message) {
    if (keys.isEmpty()) {
      return message;
    }
    byte[] head = head(message);
    ByteBuffer payload = message.duplicate().position(message.position() + head.length);
    return sealed(head, payload, head);
  }

  /**
   * A request as it was before {@link #sealRequest}.
   *
   * @throws IllegalStateException when it was not sealed with this secret, or changed
   */
  ByteBuffer openRequest(ByteBuffer body) {
    if (keys.isEmpty()) {
      return body;
    }
    byte[] head = head(body);
    return opened(head, body.position(body.position() + head.length), head);
  }

  /** The head of an opened request, to which its response is bound. */
  public byte[] head(ByteBuffer message) {
    byte[] head = new byte[Math.min(headBytes, message.remaining())];
    message.duplicate().get(head);
    return head;
  }

  /** The response to a request with this head, as it travels. */
  ByteBuffer sealResponse(byte[] head, ByteBuffer response) {
    return keys.isEmpty() ? response : sealed(new byte[0], response, bound(head));
  }

  /**
   * A response as it was before {@link #sealResponse}.
   *
   * @throws IllegalStateException when it is not the response to that request, or changed
   */
  public ByteBuffer openResponse(byte[] head, ByteBuffer response) {
    return keys.isEmpty() ? response : opened(new byte[0], response, bound(head));
  }

  /** What a stream that is requested by name is bound to. */
  public static byte[] bound(String id) {
    return id.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bound(byte[] head) {
    return ByteBuffer.allocate(head.length + 1).put(head).put((byte) 'A').array();
  }

  private ByteBuffer sealed(byte[] before, ByteBuffer clear, byte[] held) {
    try {
      byte[] sealed = keys.orElseThrow().messages.encrypt(bytes(clear), held);
      return ByteBuffer.allocate(before.length + sealed.length).put(before).put(sealed).flip();
    } catch (GeneralSecurityException e) {
      throw cannotEncrypt(e);
    }
  }

  private ByteBuffer opened(byte[] before, ByteBuffer sealed, byte[] held) {
    try {
      byte[] clear = keys.orElseThrow().messages.decrypt(bytes(sealed), held);
      return ByteBuffer.allocate(before.length + clear.length).put(before).put(clear).flip();
    } catch (GeneralSecurityException e) {
      throw refused(e);
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  /** A stream on its way out, segment by segment. */
  public interface Stream {
    /** Bytes of a segment as it travels, at most. */
    int most();

    /**
     * Appends the next segment.
     *
     * @param clear appends at most {@link SegmentCipher#SEGMENT_BYTES}, and as many unless it is
     *     the last
     * @param out has room for {@link #most}
     */
    void put(Consumer<ByteBuffer> clear, boolean last, ByteBuffer out);
  }

  /** Bytes of a stream as it travels. */
  public long sealedLength(long clear) {
    return keys.isEmpty() ? clear : SegmentCipher.sealedLength(clear);
  }

  /** Begins a stream that is bound to what identifies it. */
  public Stream stream(byte[] bound) {
    return keys.isEmpty() ? new Clear() : new Sealed(keys.get().streams, bound);
  }

  /** Wraps a callback so that it receives such a stream in the clear. */
  public StreamCallbackWithID decrypting(byte[] bound, StreamCallbackWithID inner) {
    return keys.isEmpty() ? inner : new DecryptingStream(keys.get().streams, bound, inner);
  }

  private static final class Clear implements Stream {
    @Override
    public int most() {
      return SegmentCipher.SEGMENT_BYTES;
    }

    @Override
    public void put(Consumer<ByteBuffer> clear, boolean last, ByteBuffer out) {
      clear.accept(out);
    }
  }

  private static final class Sealed implements Stream {
    private final ByteBuffer segment = ByteBuffer.allocate(SegmentCipher.SEGMENT_BYTES);
    private final StreamSegmentEncrypter segments;
    private boolean begun;

    Sealed(SegmentCipher cipher, byte[] bound) {
      try {
        segments = cipher.encrypter(bound);
      } catch (GeneralSecurityException e) {
        throw cannotEncrypt(e);
      }
    }

    @Override
    public int most() {
      return SegmentCipher.HEADER_BYTES + SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES;
    }

    @Override
    public void put(Consumer<ByteBuffer> clear, boolean last, ByteBuffer out) {
      if (!begun) {
        out.put(segments.getHeader());
        begun = true;
      }
      segment.clear();
      clear.accept(segment);
      try {
        segments.encryptSegment(segment.flip(), last, out);
      } catch (GeneralSecurityException e) {
        throw cannotEncrypt(e);
      }
    }
  }

  /** The error for a message that cannot be opened. */
  static IllegalStateException refused(Exception cause) {
    return new IllegalStateException(
        "Refused a message that was not sealed with this launch's secret, or was changed", cause);
  }

  private static IllegalStateException cannotEncrypt(GeneralSecurityException cause) {
    return new IllegalStateException("Cannot encrypt a message", cause);
  }
}
