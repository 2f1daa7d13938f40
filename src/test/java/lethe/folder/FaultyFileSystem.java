package lethe.folder;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Abortable;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * The local disk under a scheme of its own, each of whose creates, writes, closes, renames and
 * deletes first asks {@link Faults} whether it may happen. A folder is deleted file by file, the
 * last name first, as by an object store at its worst. The scheme says how files are replaced
 * there:
 *
 * <ul>
 *   <li>{@code crash:} has nothing but rename and delete, so it is a {@link TwoNames};
 *   <li>{@code crash-store:} shows a file when its stream is closed, so it is a {@link WholePut};
 *   <li>{@code crash-disk:} is a {@link Disk}, which is a {@link OneRename}.
 * </ul>
 *
 * The settings {@link Faults#AT} and {@link Faults#HOW} of Hadoop plan a fault in another process.
 */
public class FaultyFileSystem extends FilterFileSystem {
  private URI uri;

  /** The settings with which Hadoop finds this file system under all of its schemes. */
  public static Configuration configuration() {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.crash.impl", FaultyFileSystem.class.getName());
    hadoop.set("fs.crash-store.impl", FaultyFileSystem.class.getName());
    hadoop.set("fs.crash-disk.impl", Disk.class.getName());
    return hadoop;
  }

  public FaultyFileSystem() {
    super(new RawLocalFileSystem());
  }

  @Override
  public void initialize(URI name, Configuration hadoop) throws IOException {
    uri = URI.create(name.getScheme() + ":///");
    Faults.planned(hadoop);
    fs.initialize(URI.create("file:///"), hadoop);
  }

  @Override
  public URI getUri() {
    return uri;
  }

  @Override
  public String getScheme() {
    return uri.getScheme();
  }

  private boolean store() {
    return uri.getScheme().equals("crash-store");
  }

  @Override
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    return (store() && capability.equals(CommonPathCapabilities.ABORTABLE_STREAM))
        || super.hasPathCapability(local(path), capability);
  }

  private static Path local(Path path) {
    return new Path("file", "", path.toUri().getPath());
  }

  private FileStatus here(FileStatus status) {
    return plain(status, new Path(uri.getScheme(), "", status.getPath().toUri().getPath()));
  }

  /** Without the local disk's permissions, which it looks up by a path of its own scheme. */
  private static FileStatus plain(FileStatus status, Path path) {
    return new FileStatus(
        status.getLen(),
        status.isDirectory(),
        1,
        status.getBlockSize(),
        status.getModificationTime(),
        path);
  }

  @Override
  protected void checkPath(Path path) {
    // every path of the scheme is one of the local disk's
  }

  @Override
  public Path makeQualified(Path path) {
    Path absolute = path.isAbsolute() ? path : new Path(getWorkingDirectory(), path);
    return new Path(uri.getScheme(), "", absolute.toUri().getPath());
  }

  @Override
  public Path getWorkingDirectory() {
    return new Path(uri.getScheme(), "", fs.getWorkingDirectory().toUri().getPath());
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    Faults.alive();
    return super.open(local(path), bufferSize);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    Faults.alive();
    return here(super.getFileStatus(local(path)));
  }

  @Override
  public FileStatus[] listStatus(Path folder) throws IOException {
    Faults.alive();
    return Arrays.stream(super.listStatus(local(folder)))
        .map(this::here)
        .toArray(FileStatus[]::new);
  }

  @Override
  public RemoteIterator<LocatedFileStatus> listLocatedStatus(Path folder) throws IOException {
    List<LocatedFileStatus> all = new ArrayList<>();
    for (FileStatus status : listStatus(folder)) {
      all.add(new LocatedFileStatus(status, new BlockLocation[0]));
    }
    return RemoteIterators.remoteIteratorFromIterable(all);
  }

  @Override
  public FsStatus getStatus(Path path) throws IOException {
    return super.getStatus(local(path));
  }

  @Override
  public boolean mkdirs(Path folder) throws IOException {
    Faults.alive();
    return super.mkdirs(local(folder));
  }

  @Override
  public boolean mkdirs(Path folder, FsPermission permission) throws IOException {
    Faults.alive();
    return super.mkdirs(local(folder), permission);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    Faults.ask("create", path);
    if (store()) {
      return new FSDataOutputStream(new Put(path), null);
    }
    return new FSDataOutputStream(
        new Faulty(
            path,
            super.create(
                local(path), permission, overwrite, bufferSize, replication, blockSize, progress)),
        null);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      EnumSet<CreateFlag> flags,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress,
      org.apache.hadoop.fs.Options.ChecksumOpt checksum)
      throws IOException {
    return create(
        path,
        permission,
        flags.contains(CreateFlag.OVERWRITE),
        bufferSize,
        replication,
        blockSize,
        progress);
  }

  /** To a name that is free; what is there already is not replaced. */
  @Override
  public boolean rename(Path from, Path to) throws IOException {
    Faults.ask("rename", to);
    Path source = local(from);
    Path target = local(to);
    if (fs.exists(target) && fs.getFileStatus(target).isFile()) {
      return false;
    }
    return fs.rename(source, target);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return delete(new File(path.toUri().getPath()), recursive);
  }

  private static boolean delete(File file, boolean recursive) throws IOException {
    Faults.alive();
    String[] names = file.list();
    if (names != null && recursive) {
      Arrays.sort(names, Comparator.reverseOrder());
      for (String name : names) {
        delete(new File(file, name), true);
      }
    }
    if (file.isFile()) {
      Faults.ask("delete", new Path(file.getPath()));
    }
    if (file.isDirectory() && file.list().length > 0) {
      throw new IOException(file + " is a folder that is not empty");
    }
    return file.delete();
  }

  /**
   * A file whose first write and whose close may fail; half of a write that fails is on the disk.
   */
  private static final class Faulty extends OutputStream {
    private final Path path;
    private final OutputStream out;
    private boolean begun;
    private boolean closed;

    Faulty(Path path, OutputStream out) {
      this.path = path;
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        if (begun) {
          Faults.alive();
        } else {
          Faults.ask("write", path);
        }
        begun = true;
      } catch (IOException | Error e) {
        out.write(bytes, from, count / 2);
        out.flush();
        throw e;
      }
      out.write(bytes, from, count);
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      out.close(); // the content is there, the close is what may not come back
      Faults.ask("close", path);
    }
  }

  /** An object that is there, all of it, once its stream is closed. */
  private static final class Put extends OutputStream implements Abortable {
    private final Path path;
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private boolean ended;

    Put(Path path) {
      this.path = path;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      Faults.ask("write", path);
      content.write(bytes, from, count);
    }

    @Override
    public AbortableResult abort() {
      ended = true;
      return null;
    }

    @Override
    public void close() throws IOException {
      if (ended) {
        return;
      }
      ended = true;
      Faults.ask("close", path);
      java.nio.file.Path target = java.nio.file.Path.of(path.toUri().getPath());
      java.nio.file.Path draft = target.resolveSibling("." + target.getFileName() + ".put");
      java.nio.file.Files.createDirectories(target.getParent());
      java.nio.file.Files.write(draft, content.toByteArray());
      java.nio.file.Files.move(
          draft,
          target,
          java.nio.file.StandardCopyOption.ATOMIC_MOVE,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * The local disk, whose files are replaced by the operating system's rename. That is one call and
   * not Hadoop's, so it is not asked for: the faults before and after it are those of the close of
   * the draft, of the return from a deletion, and of whatever is called next.
   */
  public static final class Disk extends RawLocalFileSystem {
    @Override
    public void initialize(URI name, Configuration hadoop) throws IOException {
      Faults.planned(hadoop);
      super.initialize(name, hadoop);
    }

    @Override
    public URI getUri() {
      return URI.create("crash-disk:///");
    }

    @Override
    public String getScheme() {
      return "crash-disk";
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
      Faults.alive();
      return super.open(path, bufferSize);
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
      Faults.alive();
      FileStatus status = super.getFileStatus(path);
      return plain(status, status.getPath());
    }

    @Override
    public FSDataOutputStream create(
        Path path,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      Faults.ask("create", path);
      return new FSDataOutputStream(
          new Faulty(
              path, super.create(path, overwrite, bufferSize, replication, blockSize, progress)),
          null);
    }

    @Override
    public boolean mkdirs(Path folder) throws IOException {
      Faults.alive();
      return super.mkdirs(folder);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException { // Spark's
      Faults.ask("rename", to);
      return super.rename(from, to);
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
      boolean deleted = FaultyFileSystem.delete(pathToFile(path), recursive);
      if (deleted) {
        Faults.ask("return from delete", path);
      }
      return deleted;
    }
  }
}
