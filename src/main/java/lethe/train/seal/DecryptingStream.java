package lethe.train.seal;

import com.google.crypto.tink.subtle.StreamSegmentDecrypter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * Opens a sealed stream segment by segment, before another callback sees it. Whatever follows a
 * refused segment is ignored; the other callback gets the error at the end. (Thrown, it would reach
 * the sender as a stack trace.)
 */
final class DecryptingStream implements StreamCallbackWithID {
  private final SegmentCipher cipher;
  private final byte[] bound;
  private final StreamCallbackWithID inner;
  private final ByteBuffer header = ByteBuffer.allocate(SegmentCipher.HEADER_BYTES);
  private final ByteBuffer sealed =
      ByteBuffer.allocate(SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES);
  private final ByteBuffer clear = ByteBuffer.allocate(SegmentCipher.SEGMENT_BYTES);
  private StreamSegmentDecrypter segments;
  private int opened;
  private RuntimeException refused;

  /**
   * @param bound what the stream is bound to
   */
  DecryptingStream(SegmentCipher cipher, byte[] bound, StreamCallbackWithID inner) {
    this.cipher = cipher;
    this.bound = bound;
    this.inner = inner;
  }

  @Override
  public void onData(String id, ByteBuffer piece) throws IOException {
    while (piece.hasRemaining() && refused == null) {
      if (header.hasRemaining()) {
        move(piece, header);
      } else {
        if (!sealed.hasRemaining()) {
          open(id, false); // more has arrived, so it was not the last
        }
        move(piece, sealed);
      }
    }
  }

  private static void move(ByteBuffer from, ByteBuffer to) {
    int count = Math.min(from.remaining(), to.remaining());
    to.put(from.duplicate().limit(from.position() + count));
    from.position(from.position() + count);
  }

  private void open(String id, boolean last) throws IOException {
    clear.clear();
    try {
      if (segments == null) {
        segments = cipher.decrypter(header.flip(), bound);
      }
      segments.decryptSegment(sealed.flip(), opened++, last, clear);
    } catch (GeneralSecurityException e) {
      refused = MessageCipher.refused(e);
      return;
    }
    sealed.clear();
    inner.onData(id, clear.flip());
  }

  @Override
  public void onComplete(String id) throws IOException {
    if (refused == null) {
      open(id, true);
    }
    if (refused == null) {
      inner.onComplete(id);
    } else {
      inner.onFailure(id, refused);
    }
  }

  @Override
  public void onFailure(String id, Throwable cause) throws IOException {
    inner.onFailure(id, cause);
  }

  @Override
  public String getID() {
    return inner.getID();
  }
}
