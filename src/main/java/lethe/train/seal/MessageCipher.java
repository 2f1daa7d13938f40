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
 * Protects what workers and the driver say to each other: AES-256-GCM under the secret of the
 * launch, so that whoever does not know it can neither read a gradient nor change or exchange one.
 *
 * <pre>
 *   sealed = nonce (12 random bytes) + ciphertext + tag (16 bytes), as Tink's {@link AesGcmJce} writes it
 * </pre>
 *
 * A question's head stays readable and is held by its tag; an answer's tag also holds the head of
 * its question, so that no answer passes for another one's. Gradients and weights are streams of
 * segments, see {@link SegmentCipher}. Spark has such a cipher, too ({@code
 * spark.network.crypto.cipher}), but that of Spark 3.5 before 3.5.9 loses all messages of a
 * connection after the first (SPARK-56227), and its other one detects no change.
 */
public final class MessageCipher {
  /** Leaves everything as it is. */
  public static final MessageCipher NONE = new MessageCipher(0, Optional.empty());

  private final int headBytes;
  private final Optional<Keys> keys;

  /** What seals messages, and what seals streams. */
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

  /** A question as it travels: the head, then the sealed payload. */
  public ByteBuffer sealRequest(ByteBuffer message) {
    if (keys.isEmpty()) {
      return message;
    }
    byte[] head = head(message);
    ByteBuffer payload = message.duplicate().position(message.position() + head.length);
    return sealed(head, payload, head);
  }

  /**
   * A question as it was before {@link #sealRequest}.
   *
   * @throws IllegalStateException when it was not sealed with this secret, or changed
   */
  ByteBuffer openedQuestion(ByteBuffer body) {
    if (keys.isEmpty()) {
      return body;
    }
    byte[] head = head(body);
    return opened(head, body.position(body.position() + head.length), head);
  }

  /** The head of an opened question: what its answer is bound to. */
  public byte[] head(ByteBuffer message) {
    byte[] head = new byte[Math.min(headBytes, message.remaining())];
    message.duplicate().get(head);
    return head;
  }

  /** The answer to a question with this head, as it travels. */
  ByteBuffer sealResponse(byte[] head, ByteBuffer answer) {
    return keys.isEmpty() ? answer : sealed(new byte[0], answer, bound(head));
  }

  /**
   * An answer as it was before {@link #sealResponse}.
   *
   * @throws IllegalStateException when it is not the answer to that question, or changed
   */
  public ByteBuffer openedAnswer(byte[] head, ByteBuffer answer) {
    return keys.isEmpty() ? answer : opened(new byte[0], answer, bound(head));
  }

  /** What a stream is bound to that is asked for by name. */
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
     * @param clear appends at most {@link SegmentCipher#BYTES}, and as many unless it is the last
     * @param out has room for {@link #most}
     */
    void put(Consumer<ByteBuffer> clear, boolean last, ByteBuffer out);
  }

  /** Bytes of a stream as it travels. */
  public long sealedLength(long clear) {
    return keys.isEmpty() ? clear : SegmentCipher.sealedLength(clear);
  }

  /** For a stream that is bound to something only it is. */
  public Stream stream(byte[] bound) {
    return keys.isEmpty() ? new Clear() : new Sealed(keys.get().streams, bound);
  }

  /** The callback that is to be given such a stream, for one that takes it in the clear. */
  public StreamCallbackWithID opening(byte[] bound, StreamCallbackWithID inner) {
    return keys.isEmpty() ? inner : new DecryptingStream(keys.get().streams, bound, inner);
  }

  private static final class Clear implements Stream {
    @Override
    public int most() {
      return SegmentCipher.BYTES;
    }

    @Override
    public void put(Consumer<ByteBuffer> clear, boolean last, ByteBuffer out) {
      clear.accept(out);
    }
  }

  private static final class Sealed implements Stream {
    private final ByteBuffer segment = ByteBuffer.allocate(SegmentCipher.BYTES);
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
      return SegmentCipher.HEADER_BYTES + SegmentCipher.BYTES + SegmentCipher.TAG_BYTES;
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

  /** What is said of a message that cannot be opened. */
  static IllegalStateException refused(Exception cause) {
    return new IllegalStateException(
        "Refused a message that was not sealed with this launch's secret, or was changed", cause);
  }

  private static IllegalStateException cannotEncrypt(GeneralSecurityException cause) {
    return new IllegalStateException("Cannot encrypt a message", cause);
  }
}
