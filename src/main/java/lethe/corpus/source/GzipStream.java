package lethe.corpus.source;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What gzip packed: any number of members one after the other, and zeros that fill up the end, as
 * tapes and some tools leave them. Java's own stream leaves out, without a word, the members after
 * a moment in which its source has no byte available, and any other bytes that follow. RFC 1952.
 */
final class GzipStream extends InputStream {
  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int FILE_NAME = 8;
  private static final int COMMENT = 16;

  private final InputStream in;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int filled;
  private boolean ended;

  GzipStream(InputStream in) throws IOException {
    this.in = in;
    header(next());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int from, int count) throws IOException {
    try {
      while (!ended && count > 0) {
        int n = inflater.inflate(bytes, from, count);
        if (n > 0) {
          crc.update(bytes, from, n);
          return n;
        }
        if (inflater.finished()) {
          at = filled - inflater.getRemaining();
          trailer();
          ended = !another();
        } else if (inflater.needsDictionary()) {
          throw new IOException("gzip data that needs a dictionary");
        } else {
          fill();
          inflater.setInput(buffer, 0, filled);
        }
      }
      return count == 0 ? 0 : -1;
    } catch (DataFormatException e) {
      throw new IOException("damaged gzip data: " + e.getMessage(), e);
    }
  }

  private void trailer() throws IOException {
    long sum = number(4);
    long length = number(4);
    if (sum != crc.getValue() || length != (inflater.getBytesWritten() & 0xFFFFFFFFL)) {
      throw new IOException("damaged gzip data: its checksum differs");
    }
  }

  /** Whether one more member follows. */
  private boolean another() throws IOException {
    int first = 0;
    while (first == 0) {
      if (at == filled && !more()) {
        return false;
      }
      first = next();
    }
    header(first);
    return true;
  }

  private void header(int first) throws IOException {
    if (first != 0x1F || next() != 0x8B || next() != 8) {
      throw new IOException("damaged gzip data: there are other bytes after its end");
    }
    int flags = next();
    number(6); // time, level and system
    if ((flags & EXTRA) != 0) {
      number((int) number(2));
    }
    for (int text : new int[] {FILE_NAME, COMMENT}) {
      while ((flags & text) != 0 && next() != 0) {
        // up to its closing zero
      }
    }
    if ((flags & HEADER_CRC) != 0) {
      number(2);
    }
    crc.reset();
    inflater.reset();
    inflater.setInput(buffer, at, filled - at);
  }

  /** Bytes as a number, the lowest first; of more than 8 only that they are gone is of use. */
  private long number(int bytes) throws IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) next() << (8 * i);
    }
    return value;
  }

  private int next() throws IOException {
    if (at == filled) {
      fill();
    }
    return buffer[at++] & 0xFF;
  }

  private void fill() throws IOException {
    if (!more()) {
      throw new EOFException("Unexpected end of gzip data");
    }
  }

  private boolean more() throws IOException {
    at = 0;
    filled = Math.max(0, in.read(buffer));
    return filled > 0;
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    in.close();
  }
}
