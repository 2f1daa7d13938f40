package lethe.folder;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Replaces a file on an object store, which shows an object when its stream is closed, and all of
 * it. A draft would only add a copy there.
 */
record WholePut(FileSystem system) implements Replacement {
  @Override
  public void write(Path path, Files.Content content) throws IOException {
    FSDataOutputStream out = system.create(path, true);
    try {
      content.writeTo(out);
    } catch (IOException | RuntimeException | Error e) {
      out.abort(); // a close would show what was written so far
      throw e;
    }
    out.close();
  }
}
