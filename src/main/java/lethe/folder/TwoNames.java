package lethe.folder;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Replaces a file on a file system of which nothing is known but that it can rename to a name that
 * is free. The new content is first complete under a second name, {@code .NAME.next}; readers look
 * there while the file itself is missing.
 */
record TwoNames(FileSystem system) implements Replacement {
  private static final String DRAFT = ".draft";
  private static final String NEXT = ".next";

  @Override
  public void write(Path path, Files.Content content) throws IOException {
    Path draft = beside(path, DRAFT);
    Path next = beside(path, NEXT);
    settleOne(path, next);
    Replacement.create(system, draft, content);
    rename(draft, next);
    try {
      system.delete(path, false);
    } catch (IOException | RuntimeException | Error e) {
      Replacement.deleteAfter(e, system, next);
      throw e;
    }
    rename(next, path);
  }

  @Override
  public void settle(Path folder, Path written) throws IOException {
    List<Path> files = new ArrayList<>();
    RemoteIterator<LocatedFileStatus> all = system.listFiles(folder, true);
    while (all.hasNext()) {
      files.add(all.next().getPath());
    }
    for (Path next : files) {
      Path path = listed(next);
      // One beside a file that is there stays: a writer that is only paused would delete the file.
      if (!path.equals(next) && !path.equals(written) && !system.exists(path)) {
        if (!system.rename(next, path) && !system.exists(path)) {
          throw new IOException("cannot rename " + next);
        }
      }
    }
  }

  /** Ends a replacement that was interrupted, so that the second name is free. */
  private void settleOne(Path path, Path next) throws IOException {
    if (!system.exists(next)) {
      return;
    }
    if (system.exists(path)) {
      system.delete(next, false);
    } else {
      rename(next, path);
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (!system.rename(from, to)) {
      throw new IOException("cannot rename " + from);
    }
  }

  @Override
  public FSDataInputStream open(Path path) throws IOException {
    return either(path, system::open);
  }

  @Override
  public FileStatus status(Path path) throws IOException {
    return either(path, system::getFileStatus);
  }

  private interface Look<T> {
    T at(Path path) throws IOException;
  }

  /** Looks under the first name again at last, which a writer may have given in between. */
  private static <T> T either(Path path, Look<T> look) throws IOException {
    try {
      return look.at(path);
    } catch (FileNotFoundException e) {
      if (path.isRoot()) {
        throw e;
      }
    }
    try {
      return look.at(beside(path, NEXT));
    } catch (FileNotFoundException e) {
      return look.at(path);
    }
  }

  /** The second name goes first: without it, a file that is still there has its old content. */
  @Override
  public void delete(Path path) throws IOException {
    if (!path.isRoot()) {
      system.delete(beside(path, NEXT), false);
    }
    system.delete(path, true);
  }

  @Override
  public Path listed(Path file) {
    String name = file.getName();
    return name.startsWith(".") && name.endsWith(NEXT)
        ? new Path(file.getParent(), name.substring(1, name.length() - NEXT.length()))
        : file;
  }

  private static Path beside(Path path, String suffix) {
    return new Path(path.getParent(), "." + path.getName() + suffix);
  }
}
