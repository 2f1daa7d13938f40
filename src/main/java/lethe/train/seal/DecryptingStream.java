package lethe.train.seal;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * Opens a sealed stream segment by segment, before another callback sees it. What follows a segment
 * that is refused is not looked at; who sent it is told at the end.
 */
final class DecryptingStream implements StreamCallbackWithID {
  private final MessageCipher seal;
  private final byte[] bound;
  private final StreamCallbackWithID inner;
  private final ByteBuffer salt = ByteBuffer.allocate(SegmentCipher.SALT_BYTES);
  private final ByteBuffer sealed =
      ByteBuffer.allocate(SegmentCipher.BYTES + SegmentCipher.TAG_BYTES);
  private final ByteBuffer clear = ByteBuffer.allocate(SegmentCipher.BYTES);
  private SegmentCipher segments;
  private RuntimeException refused;

  /**
   * @param bound what the stream is bound to
   */
  DecryptingStream(MessageCipher seal, byte[] bound, StreamCallbackWithID inner) {
    this.seal = seal;
    this.bound = bound;
    this.inner = inner;
  }

  @Override
  public void onData(String id, ByteBuffer piece) throws IOException {
    while (piece.hasRemaining() && refused == null) {
      if (salt.hasRemaining()) {
        move(piece, salt);
      } else {
        if (!sealed.hasRemaining()) {
          open(id, false); // more has come, so it was not the last
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
    if (segments == null) {
      segments = seal.segments(salt.array(), bound);
    }
    clear.clear();
    try {
      segments.open(sealed.flip(), last, clear);
    } catch (IllegalStateException e) {
      refused = e;
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
    if (refused != null) {
      inner.onFailure(id, refused);
      throw refused;
    }
    inner.onComplete(id);
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
