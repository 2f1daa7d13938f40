package lethe.folder;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.function.Function;
import org.apache.hadoop.fs.Path;

/**
 * Renames on a local disk in the operating system's one call. Hadoop's own rename would copy if
 * that call failed, and so leave half a file where a whole one was.
 *
 * @param file the local file of a path
 */
record LocalRename(Function<Path, File> file) implements OneRename.Rename {
  @Override
  public void over(Path draft, Path path) throws IOException {
    File target = file.apply(path);
    // A checksum file of the old content would make Hadoop's readers refuse the new one.
    Files.deleteIfExists(
        new File(target.getParentFile(), "." + target.getName() + ".crc").toPath());
    try {
      Files.move(file.apply(draft).toPath(), target.toPath(), StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) { // whose message repeats both names
      String why = target.isDirectory() ? "it is a folder" : String.valueOf(e.getReason());
      throw new IOException(why, e);
    }
  }
}
