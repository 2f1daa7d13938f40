package lethe.corpus.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** The lines of a stream as bytes, up to a place; only the longest of them has to fit memory. */
final class Lines {
  private final InputStream in;
  private final long until;
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int filled;

  /** Place of the buffer's first byte. */
  private long start;

  private long place;

  /**
   * @param start place of the stream's next byte
   * @param until no line that begins here or later is wanted
   */
  Lines(InputStream in, long start, long until) {
    this.in = in;
    this.start = start;
    this.until = until;
  }

  /** Place of the line that was read last. */
  long place() {
    return place;
  }

  /** The next line without its end; null after the last. */
  byte[] next() throws IOException {
    place = start + at;
    if (place >= until || (at == filled && !fill())) {
      return null;
    }
    ByteArrayOutputStream head = null;
    while (true) {
      int end = at;
      while (end < filled && buffer[end] != '\n') {
        end++;
      }
      boolean whole = end < filled;
      if (whole && head == null) {
        byte[] line = Arrays.copyOfRange(buffer, at, end);
        at = end + 1;
        return line;
      }
      if (head == null) {
        head = new ByteArrayOutputStream();
      }
      head.write(buffer, at, end - at);
      at = whole ? end + 1 : end;
      if (whole || !fill()) {
        return head.toByteArray();
      }
    }
  }

  private boolean fill() throws IOException {
    start += filled;
    at = 0;
    filled = Math.max(0, in.read(buffer));
    return filled > 0;
  }
}
