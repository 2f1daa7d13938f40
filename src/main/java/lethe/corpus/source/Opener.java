package lethe.corpus.source;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import lethe.folder.Files;
import lethe.folder.Text;
import org.apache.commons.io.input.ReaderInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;

/**
 * The one way to a file of a user's: unpacked, and in UTF-8 without a byte order mark, as its first
 * bytes show; where these do not, Hadoop's codec for the ending of its name (.snappy, .deflate)
 * unpacks it.
 *
 * @param hadoop settings of file systems
 */
public record Opener(Configuration hadoop) {
  private static final int HEAD_BYTES = 64;
  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  /** A file from its first byte, as it is. */
  FSDataInputStream raw(String file) throws IOException {
    Path path = new Path(file);
    return new Files(hadoop).system(path).open(path);
  }

  /** The text of a file. */
  public PushbackInputStream text(String file) throws IOException {
    FSDataInputStream raw = raw(file);
    try {
      return text(raw, file);
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /**
   * The text of a file.
   *
   * @param raw at its first byte
   */
  PushbackInputStream text(InputStream raw, String file) throws IOException {
    PushbackInputStream in = pushback(raw);
    Packing packing = Packing.of(head(in));
    Optional<CompressionCodec> codec = packing == Packing.NONE ? codec(file) : Optional.empty();
    InputStream unpacked =
        codec.isPresent() ? codec.get().createInputStream(in) : packing.unpacked(in);
    PushbackInputStream bytes = pushback(unpacked);
    byte[] head = head(bytes);
    Optional<Charset> utf16 = Text.utf16(head);
    if (utf16.isPresent()) {
      bytes.skipNBytes(2);
      return pushback(utf8(bytes, utf16.get()));
    }
    bytes.skipNBytes(marked(head));
    return bytes;
  }

  private static InputStream utf8(InputStream in, Charset charset) throws IOException {
    return ReaderInputStream.builder()
        .setReader(new BufferedReader(new InputStreamReader(in, charset.newDecoder())))
        .setCharset(StandardCharsets.UTF_8)
        .get();
  }

  /** Bytes of the mark of UTF-8 that a file begins with: 3 or 0. */
  static int marked(byte[] head) {
    return head.length >= MARK.length && Arrays.equals(head, 0, MARK.length, MARK, 0, MARK.length)
        ? MARK.length
        : 0;
  }

  /** Whether a file's own bytes are its text in UTF-8. */
  boolean plain(byte[] head, String file) {
    return Packing.of(head) == Packing.NONE && Text.utf16(head).isEmpty() && codec(file).isEmpty();
  }

  /** Hadoop's codec by a name's ending, except for the kinds that their first bytes show. */
  private Optional<CompressionCodec> codec(String file) {
    return file.matches(".*\\.(gz|bz2|zst|xz)")
        ? Optional.empty()
        : Optional.ofNullable(new CompressionCodecFactory(hadoop).getCodec(new Path(file)));
  }

  private static PushbackInputStream pushback(InputStream in) {
    return new PushbackInputStream(in, HEAD_BYTES);
  }

  /** The next bytes of a stream, which can be read again. */
  static byte[] head(PushbackInputStream in) throws IOException {
    byte[] head = in.readNBytes(HEAD_BYTES);
    in.unread(head);
    return head;
  }

  /** The first bytes of a file. */
  static byte[] head(FSDataInputStream in) throws IOException {
    return in.readNBytes(HEAD_BYTES);
  }
}
