package lethe.folder;

import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Replaces a file by one call of a file system that has such a call, as local ones and HDFS do.
 *
 * @param rename gives a file another's name and removes that other one, in one call
 */
record OneRename(FileSystem system, Rename rename) implements Replacement {
  /** Gives a file another's name and removes that other one, in one call. */
  @FunctionalInterface
  interface Rename {
    void over(Path draft, Path path) throws IOException;
  }

  @Override
  public void write(Path path, Files.Content content) throws IOException {
    Path draft = new Path(path.getParent(), "." + path.getName() + ".draft");
    Replacement.create(system, draft, content);
    try {
      rename.over(draft, path);
    } catch (IOException | RuntimeException | Error e) {
      Replacement.deleteAfter(e, system, draft);
      throw e;
    }
  }
}
