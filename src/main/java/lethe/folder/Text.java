package lethe.folder;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The text of a file that a user wrote: UTF-8, or the encoding that the byte order mark at its
 * start names.
 */
public final class Text {
  private static final String MARK = "\uFEFF";

  private Text() {}

  /** UTF-16 in either order, if bytes begin with its mark. */
  public static Optional<Charset> utf16(byte[] head) {
    return head.length >= 2 && head[0] == (byte) 0xFF && head[1] == (byte) 0xFE
        ? Optional.of(StandardCharsets.UTF_16LE)
        : head.length >= 2 && head[0] == (byte) 0xFE && head[1] == (byte) 0xFF
            ? Optional.of(StandardCharsets.UTF_16BE)
            : Optional.empty();
  }

  /**
   * The text without its mark.
   *
   * @throws CharacterCodingException when the bytes are not such text
   */
  public static String decode(byte[] bytes) throws CharacterCodingException {
    Charset charset = utf16(bytes).orElse(StandardCharsets.UTF_8);
    String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    return text.startsWith(MARK) ? text.substring(1) : text;
  }
}
