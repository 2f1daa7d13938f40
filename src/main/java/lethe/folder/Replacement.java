package lethe.folder;

import java.io.IOException;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * How a file gets new content on a kind of file system. Whatever call a process dies at, and
 * whenever another one reads, the file has its old content or its new one, whole; if there was no
 * old one, there is no file or the new one.
 */
interface Replacement {
  FileSystem system();

  /**
   * Writes a file.
   *
   * @throws IOException when it could not be written; it then has its old content, unless the last
   *     call failed after all on a {@link TwoNames}, where it may have the new one
   */
  void write(Path path, Files.Content content) throws IOException;

  /** Opens a file for reading. */
  default FSDataInputStream open(Path path) throws IOException {
    return system().open(path);
  }

  /**
   * The status of a file or a folder.
   *
   * @throws java.io.FileNotFoundException when there is none
   */
  default FileStatus status(Path path) throws IOException {
    return system().getFileStatus(path);
  }

  /** Removes a file or a whole folder; nothing happens if there is none. */
  default void delete(Path path) throws IOException {
    system().delete(path, true);
  }

  /**
   * Ends what writers that are gone have begun in and below a folder that nobody writes in, so that
   * programs which know nothing of this class find every file under its name.
   *
   * @param written a file that is written meanwhile, which is left alone
   */
  default void settle(Path folder, Path written) throws IOException {}

  /** The file whose content a file in a listing is. */
  default Path listed(Path file) {
    return file;
  }

  /** The way to replace files on a file system. */
  static Replacement on(FileSystem system, Path path) throws IOException {
    if (system instanceof LocalFileSystem local) {
      return new OneRename(system, new LocalRename(local::pathToFile));
    }
    if (system instanceof RawLocalFileSystem local) {
      return new OneRename(system, new LocalRename(local::pathToFile));
    }
    if (system instanceof DistributedFileSystem hdfs) {
      return new OneRename(
          system, (draft, target) -> hdfs.rename(draft, target, Options.Rename.OVERWRITE));
    }
    // A stream that can be aborted until it is closed: the store shows a file whole, at the close.
    return system.hasPathCapability(path, CommonPathCapabilities.ABORTABLE_STREAM)
        ? new WholePut(system)
        : new TwoNames(system);
  }

  /** Writes a new file, beside the one that it will replace. */
  static void create(FileSystem system, Path draft, Files.Content content) throws IOException {
    try {
      try (FSDataOutputStream out = system.create(draft, true)) {
        content.writeTo(out);
        if (out.hasCapability(StreamCapabilities.HSYNC)) {
          out.hsync();
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      deleteAfter(e, system, draft);
      throw e;
    }
  }

  /** Removes what a failure has left; the failure remains the one that is reported. */
  static void deleteAfter(Throwable failure, FileSystem system, Path left) {
    try {
      system.delete(left, false);
    } catch (IOException | RuntimeException | Error e) {
      failure.addSuppressed(e);
    }
  }
}
