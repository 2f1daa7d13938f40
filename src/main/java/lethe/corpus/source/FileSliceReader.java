package lethe.corpus.source;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * The entries of a range of a file. Only files that are plain lines can be cut into ranges; of any
 * other the first range has everything, and the rest nothing.
 */
final class FileSliceReader implements Closeable {
  private final FileSlice slice;
  private final InputStream in;
  private final Lines lines;
  private final JsonParser array;
  private long objects;

  private FileSliceReader(FileSlice slice, InputStream in, Lines lines, JsonParser array) {
    this.slice = slice;
    this.in = in;
    this.lines = lines;
    this.array = array;
  }

  static FileSliceReader open(FileSlice slice, Opener opener) throws IOException {
    FSDataInputStream raw = opener.raw(slice.file());
    try {
      byte[] head = Opener.head(raw);
      if (opener.plain(head, slice.file()) && first(head) != '[') {
        // From the byte before, so that a line that begins with the range is not skipped.
        long from = slice.from() > 0 ? slice.from() - 1 : Opener.marked(head);
        raw.seek(from);
        long until = slice.from() > 0 ? slice.to() : Math.max(slice.to(), from + 1);
        Lines lines = new Lines(raw, from, until);
        if (slice.from() > 0) {
          lines.next();
        }
        return new FileSliceReader(slice, raw, lines, null);
      }
      if (slice.from() > 0) {
        return new FileSliceReader(slice, raw, null, null);
      }
      raw.seek(0);
      PushbackInputStream text = opener.text(raw, slice.file());
      if (first(Opener.head(text)) != '[') {
        return new FileSliceReader(slice, text, new Lines(text, 0, Long.MAX_VALUE), null);
      }
      JsonParser array = JsonLine.JSON.createParser((InputStream) text);
      array.nextToken();
      return new FileSliceReader(slice, text, null, array);
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  private static int first(byte[] head) {
    for (int i = Opener.marked(head); i < head.length; i++) {
      if (!blank(head[i]) && head[i] != '\n') {
        return head[i];
      }
    }
    return -1;
  }

  private static boolean blank(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }

  private static boolean blank(byte[] line) {
    for (byte b : line) {
      if (!blank(b)) {
        return false;
      }
    }
    return true;
  }

  /** The next entry; null after the last. Blank lines are none. */
  FileEntry next() throws IOException {
    if (array != null) {
      JsonNode object = element();
      return object == null
          ? null
          : new FileEntry(slice.file(), slice.name(), objects++, null, object);
    }
    byte[] line = lines == null ? null : lines.next();
    while (line != null && blank(line)) {
      line = lines.next();
    }
    return line == null
        ? null
        : new FileEntry(slice.file(), slice.name(), lines.place(), line, null);
  }

  private JsonNode element() throws IOException {
    try {
      JsonToken token = array.nextToken();
      if (token != JsonToken.END_ARRAY) {
        return JsonLine.JSON.readTree(array);
      }
      if (array.nextToken() != null) {
        throw new IOException(
            "it begins with a JSON array, and something follows: write one array, or one object per line");
      }
      return null;
    } catch (JsonProcessingException e) {
      throw new IOException("it begins as a JSON array, but " + JsonFault.of(e), e);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
