package lethe.train.guard;

import java.nio.ByteBuffer;
import java.util.OptionalLong;

/** What may be uploaded. */
public interface Uploads {
  /** Bytes of an upload's head. */
  int headBytes();

  /**
   * Bytes of the upload with this head; empty when there is no such upload.
   *
   * @param head of {@link #headBytes}
   */
  OptionalLong bytes(ByteBuffer head);
}
