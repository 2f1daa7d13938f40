package lethe.train.seal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.Consumer;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import lethe.folder.Files;
import lethe.train.exchange.Message;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * Protects what workers and the driver say to each other: AES-256-GCM under the secret of the
 * launch, so that whoever does not know it can neither read a gradient nor change or exchange one.
 *
 * <pre>  sealed = nonce (12 random bytes) + ciphertext + tag (16 bytes)  </pre>
 *
 * A question's head stays readable and is held by its tag; an answer's tag also holds the head of
 * its question, so that no answer passes for another one's. Gradients and weights are streams of
 * segments, see {@link SegmentCipher}. Spark has such a cipher, too ({@code
 * spark.network.crypto.cipher}), but that of Spark 3.5 loses all messages of a connection after the
 * first (SPARK-56227), and its other one detects no change.
 */
public final class MessageCipher {
  /** Leaves everything as it is. */
  public static final MessageCipher NONE = new MessageCipher(Optional.empty());

  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Optional<SecretKeySpec> key;

  private MessageCipher(Optional<SecretKeySpec> key) {
    this.key = key;
  }

  /**
   * @param secret of the launch, at least 256 random bits
   */
  public static MessageCipher of(String secret) {
    MessageDigest digest = Files.sha256();
    digest.update(("lethe exchange " + secret).getBytes(StandardCharsets.UTF_8));
    return new MessageCipher(Optional.of(new SecretKeySpec(digest.digest(), "AES")));
  }

  /** A question as it travels: the head, then the sealed payload. */
  public ByteBuffer sealRequest(ByteBuffer message) {
    if (key.isEmpty()) {
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
    if (key.isEmpty()) {
      return body;
    }
    byte[] head = head(body);
    return opened(head, body.position(body.position() + head.length), head);
  }

  /** The head of an opened question: what its answer is bound to. */
  public static byte[] head(ByteBuffer message) {
    byte[] head = new byte[Math.min(Message.BYTES, message.remaining())];
    message.duplicate().get(head);
    return head;
  }

  /** The answer to a question with this head, as it travels. */
  ByteBuffer sealResponse(byte[] head, ByteBuffer answer) {
    return key.isEmpty() ? answer : sealed(new byte[0], answer, bound(head));
  }

  /**
   * An answer as it was before {@link #sealResponse}.
   *
   * @throws IllegalStateException when it is not the answer to that question, or changed
   */
  public ByteBuffer openedAnswer(byte[] head, ByteBuffer answer) {
    return key.isEmpty() ? answer : opened(new byte[0], answer, bound(head));
  }

  /** What a stream is bound to that is asked for by name. */
  public static byte[] bound(String id) {
    return id.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bound(byte[] head) {
    return ByteBuffer.allocate(head.length + 1).put(head).put((byte) 'A').array();
  }

  private ByteBuffer sealed(byte[] before, ByteBuffer clear, byte[] held) {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    int sealed = NONCE_BYTES + clear.remaining() + TAG_BITS / Byte.SIZE;
    ByteBuffer out = ByteBuffer.allocate(before.length + sealed).put(before).put(nonce);
    try {
      cipher(Cipher.ENCRYPT_MODE, nonce, held).doFinal(clear, out);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot encrypt a message", e);
    }
    return out.flip();
  }

  private ByteBuffer opened(byte[] before, ByteBuffer sealed, byte[] held) {
    try {
      byte[] nonce = new byte[NONCE_BYTES];
      sealed.get(nonce);
      ByteBuffer out = ByteBuffer.allocate(before.length + sealed.remaining()).put(before);
      cipher(Cipher.DECRYPT_MODE, nonce, held).doFinal(sealed, out);
      return out.flip();
    } catch (GeneralSecurityException | java.nio.BufferUnderflowException e) {
      throw refused(e);
    }
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
    return key.isEmpty() ? clear : SegmentCipher.travelling(clear);
  }

  /** For a stream that is bound to something only it is. */
  public Stream stream(byte[] bound) {
    return key.isEmpty() ? new Clear() : new Sealed(bound);
  }

  /** The callback that is to be given such a stream, for one that takes it in the clear. */
  public StreamCallbackWithID opening(byte[] bound, StreamCallbackWithID inner) {
    return key.isEmpty() ? inner : new DecryptingStream(this, bound, inner);
  }

  SegmentCipher segments(byte[] salt, byte[] bound) {
    return new SegmentCipher(key.orElseThrow(), salt, bound);
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

  private final class Sealed implements Stream {
    private final byte[] salt = new byte[SegmentCipher.SALT_BYTES];
    private final ByteBuffer segment = ByteBuffer.allocate(SegmentCipher.BYTES);
    private final SegmentCipher segments;
    private boolean begun;

    Sealed(byte[] bound) {
      RANDOM.nextBytes(salt);
      segments = segments(salt, bound);
    }

    @Override
    public int most() {
      return SegmentCipher.SALT_BYTES + SegmentCipher.BYTES + SegmentCipher.TAG_BYTES;
    }

    @Override
    public void put(Consumer<ByteBuffer> clear, boolean last, ByteBuffer out) {
      if (!begun) {
        out.put(salt);
        begun = true;
      }
      segment.clear();
      clear.accept(segment);
      segments.seal(segment.flip(), last, out);
    }
  }

  /** What is said of a message that cannot be opened. */
  static IllegalStateException refused(Exception cause) {
    return new IllegalStateException(
        "Refused a message that was not sealed with this launch's secret, or was changed", cause);
  }

  private Cipher cipher(int mode, byte[] nonce, byte[] held) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key.orElseThrow(), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(held);
    return cipher;
  }
}
