package lethe.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import lethe.failure.FailureText;
import lethe.json.Json;
import lethe.json.RequiredMembers;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIOException;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/** Reads and writes whole files on any Hadoop path. Every failure names the path. */
public final class Files {
  private static final int PIECE_BYTES = 1 << 20;

  /** How often a file is read that is replaced meanwhile. */
  private static final int READS = 5;

  /** The most bytes that {@link #read} takes: their text and what is made of it need more. */
  private static final long MOST_BYTES =
      Math.min(Integer.MAX_VALUE - 8, Runtime.getRuntime().maxMemory() / 4);

  private final Configuration hadoop;
  private final Fence fence;

  public Files(Configuration hadoop) {
    this(hadoop, Fence.NONE);
  }

  private Files(Configuration hadoop, Fence fence) {
    this.hadoop = hadoop;
    this.fence = fence;
  }

  /** The same files, each change of which a fence may refuse. */
  Files fenced(Fence other) {
    return new Files(hadoop, other);
  }

  /** The number of the driver that changes these files, see {@link Fence#driver}. */
  public int driver() {
    return fence.driver();
  }

  /**
   * The path that a user wrote. A name with a colon, such as {@code 2024-01-01T10:00.jsonl}, is a
   * file in this folder unless the part before the colon can be a scheme.
   */
  public static Path path(String written) {
    try {
      return written.matches("[A-Za-z][A-Za-z0-9+.-]*:.*") || !written.matches("[^/]*:.*")
          ? new Path(written)
          : new Path("./" + written);
    } catch (IllegalArgumentException e) { // a:b is no URI
      if (written.contains(":")) {
        return new Path("./" + written);
      }
      throw e;
    }
  }

  /** The file system of a path. */
  public FileSystem system(Path path) {
    try {
      FileSystem system = path.getFileSystem(hadoop);
      if (system.getUri().getScheme().startsWith("http")) { // it opens files, but finds none
        throw new InvalidSettings(
            "Cannot read %s: copy it to a disk, hdfs: or s3a: first".formatted(path));
      }
      if (system instanceof LocalFileSystem local) {
        // With hidden checksum files, reading a file that a user has edited would fail; manifests
        // have checksums.
        local.setWriteChecksum(false);
        local.setVerifyChecksum(false);
      }
      return system;
    } catch (InvalidSettings e) {
      throw e;
    } catch (IllegalArgumentException e) { // such as an s3a: without a bucket
      throw new InvalidSettings(
          "Cannot open %s: %s; write the whole address".formatted(path, firstLine(e)), e);
    } catch (UnsupportedFileSystemException e) {
      String scheme = path.toUri().getScheme();
      String instead = scheme.matches("s3n?") ? "; write s3a:// in place of " + scheme + "://" : "";
      throw new InvalidSettings(
          "Cannot open %s: there is no file system for %s:%s".formatted(path, scheme, instead), e);
    } catch (IOException e) {
      if (FailureText.NO_HOST.in(String.valueOf(e.getMessage()))) {
        throw new InvalidSettings(
            "Cannot open %s: %s; write the whole address".formatted(path, firstLine(e)), e);
      }
      throw failed("open the file system of", path, e);
    }
  }

  /** The absolute path with its file system, as another process needs it. */
  public Path qualified(Path path) {
    return system(path).makeQualified(path);
  }

  /** The scheme of a path that names none. */
  public String defaultScheme() {
    return FileSystem.getDefaultUri(hadoop).getScheme();
  }

  public boolean exists(Path path) {
    try {
      replacement(path).status(path);
      return true;
    } catch (FileNotFoundException e) {
      return false;
    } catch (IOException e) {
      throw failed("look for", path, e);
    }
  }

  /** Whether a path that exists is a file, not a folder. */
  public boolean isFile(Path path) {
    try {
      return replacement(path).status(path).isFile();
    } catch (IOException e) {
      throw failed("look for", path, e);
    }
  }

  /**
   * Reads a file whole.
   *
   * @throws InvalidSettings when there is none, it is a folder, or it is too long for the memory
   */
  public byte[] read(Path path) {
    for (int attempt = 1; ; attempt++) {
      FileStatus status = null;
      try {
        Replacement replacement = replacement(path);
        status = replacement.status(path);
        return read(path, replacement, status);
      } catch (IOException e) {
        if (attempt == READS || !replaced(path, status, e)) {
          throw failed("read", path, e);
        }
      }
    }
  }

  /**
   * Whether a file was replaced while it was read. Then S3's clients do not go on, and each has
   * another exception for it.
   *
   * @param before its status when it was opened; null when that could not be read
   */
  private boolean replaced(Path path, FileStatus before, IOException failure) {
    if (failure instanceof PathIOException) {
      return true;
    }
    if (before == null) {
      return false;
    }
    try {
      FileStatus now = replacement(path).status(path);
      return now.getLen() != before.getLen()
          || now.getModificationTime() != before.getModificationTime()
          || !Objects.equals(etag(now), etag(before));
    } catch (IOException e) {
      failure.addSuppressed(e);
      return false;
    }
  }

  /** What an object store gives each content; null on a file system. */
  private static String etag(FileStatus status) {
    return status instanceof EtagSource source ? source.getEtag() : null;
  }

  private byte[] read(Path path, Replacement replacement, FileStatus status) throws IOException {
    if (status.isDirectory()) {
      throw new InvalidSettings(
          "Cannot read %s: it is a folder, and must be a file; delete it or move it away"
              .formatted(path));
    }
    if (status.getLen() > MOST_BYTES) {
      throw new InvalidSettings(
          "Cannot read %s: it has %d bytes, more than the %d that this process has memory for; restore the file, or set spark.driver.memory if it must be so long"
              .formatted(path, status.getLen(), MOST_BYTES));
    }
    try (InputStream in = replacement.open(path)) {
      return in.readAllBytes();
    }
  }

  /**
   * Ends what writers that are gone have begun in and below a folder that nobody writes in: on a
   * file system without an atomic rename, a new file may still have its second name.
   *
   * @param written a file that is written meanwhile, which is left alone
   */
  public void settle(Path folder, Path written) {
    try {
      replacement(folder).settle(folder, qualified(written));
    } catch (IOException e) {
      throw failed("list", folder, e);
    }
  }

  /** Takes one piece of a file; the buffer is reused for the next. */
  @FunctionalInterface
  public interface Piece {
    void use(ByteBuffer piece);
  }

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** A file's length in bytes. */
  public long length(Path path) {
    try {
      return replacement(path).status(path).getLen();
    } catch (IOException e) {
      throw failed("read", path, e);
    }
  }

  /** The files (not the folders) in a folder, by name. */
  public List<Path> list(Path folder) {
    try {
      Replacement replacement = replacement(folder);
      return Arrays.stream(system(folder).listStatus(folder))
          .filter(FileStatus::isFile)
          .map(file -> replacement.listed(file.getPath()))
          .distinct()
          .sorted()
          .toList();
    } catch (IOException e) {
      throw failed("list", folder, e);
    }
  }

  /** Names, lengths and times of the files in a folder: the text changes when one of them does. */
  public String state(Path folder) {
    try {
      return Arrays.stream(system(folder).listStatus(folder))
          .filter(FileStatus::isFile)
          .map(file -> file.getPath() + " " + file.getLen() + " " + file.getModificationTime())
          .sorted()
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw failed("list", folder, e);
    }
  }

  /** The folders in a folder, by name. */
  public List<Path> folders(Path folder) {
    try {
      return Arrays.stream(system(folder).listStatus(folder))
          .filter(FileStatus::isDirectory)
          .map(FileStatus::getPath)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw failed("list", folder, e);
    }
  }

  /**
   * Reads a range in pieces of 1 MiB (the last may be shorter), so that memory stays bounded.
   *
   * @param from first byte
   * @param bytes how many
   */
  public void readRange(Path path, long from, long bytes, Piece use) {
    byte[] buffer = new byte[(int) Math.min(bytes, PIECE_BYTES)];
    try (FSDataInputStream in = replacement(path).open(path)) {
      in.seek(from);
      for (long done = 0; done < bytes; done += PIECE_BYTES) {
        int count = (int) Math.min(bytes - done, PIECE_BYTES);
        in.readFully(buffer, 0, count);
        use.use(ByteBuffer.wrap(buffer, 0, count));
      }
    } catch (IOException e) {
      throw failed("read", path, e);
    }
  }

  /**
   * Reads a JSON file.
   *
   * @throws InvalidSettings when it cannot be read, or is not JSON
   */
  public JsonNode readJson(Path path) {
    byte[] content = read(path);
    try {
      return Json.MAPPER.readTree(content);
    } catch (IOException e) {
      throw new InvalidSettings(
          "Cannot read " + path + ": it is not JSON (" + firstLine(e) + ")", e);
    } catch (OutOfMemoryError e) {
      throw new InvalidSettings(
          "Cannot read %s: its %d bytes of JSON need more memory than this process has; restore the file, or set spark.driver.memory if it must be so long"
              .formatted(path, content.length),
          e);
    }
  }

  /**
   * Reads a JSON object that a stage wrote.
   *
   * @param remedy what to do if it is damaged, in the imperative
   * @throws InvalidSettings when it cannot be read or is no object, with the remedy
   */
  public ObjectNode readObject(Path path, String remedy) {
    try {
      if (readJson(path) instanceof ObjectNode object) {
        return object;
      }
    } catch (InvalidSettings e) {
      throw new InvalidSettings(e.getMessage() + "; " + remedy, e);
    }
    throw new InvalidSettings(
        "Cannot read %s: it is not a JSON object; %s".formatted(path, remedy));
  }

  /** As {@link #readObject}; empty where there is no such file. */
  public Optional<ObjectNode> readObjectIfThere(Path path, String remedy) {
    return exists(path) ? Optional.of(readObject(path, remedy)) : Optional.empty();
  }

  /**
   * The record that a stage wrote as JSON.
   *
   * @param path of the file, for messages
   * @param json its content
   * @param type of the record
   * @param remedy what to do if it is damaged, in the imperative
   * @throws InvalidSettings naming the member that is missing or of another kind, and the remedy
   */
  public static <T extends Record> T record(
      Path path, JsonNode json, Class<T> type, String remedy) {
    String why;
    try {
      T record = Json.MAPPER.treeToValue(json, type);
      Optional<String> missing =
          record == null ? Optional.of("everything") : RequiredMembers.missing(record);
      if (missing.isEmpty()) {
        return record;
      }
      why = "%s is missing".formatted(missing.get());
    } catch (UnrecognizedPropertyException e) {
      why = "it has %s, which this program does not know".formatted(RequiredMembers.path(e));
    } catch (JsonMappingException e) {
      why = RequiredMembers.path(e) + " is not of the kind it must be";
    } catch (JsonProcessingException e) {
      why = firstLine(e);
    }
    throw new InvalidSettings("Cannot read %s: %s; %s".formatted(path, why, remedy));
  }

  /**
   * Writes a file whole: a reader, and whoever comes after a crash, sees either the old or the new
   * content. Where the file system can, the content has reached the disk before the file gets its
   * name, so that a file of this name is whole after a loss of power, too. The names themselves
   * follow in the order of the calls on file systems that keep a journal, as HDFS and the usual
   * local ones do; those of the last moments may then be lost together.
   *
   * @throws InvalidSettings when a folder or a file is in its way
   * @throws UncheckedIOException when it cannot be written
   * @throws LeaseLostException when the folder is another driver's now
   */
  public void write(Path path, byte[] content) {
    write(path, out -> out.write(content));
  }

  /** Writes a file whole, as {@link #write(Path, byte[])} does, without holding it in memory. */
  public void write(Path path, Content content) {
    fence.check();
    try {
      replacement(path).write(path, content);
    } catch (IOException e) {
      Optional<String> obstacle = obstacle(path);
      if (obstacle.isPresent()) {
        throw new InvalidSettings(
            "Cannot write %s: %s; delete it or move it away".formatted(path, obstacle.get()), e);
      }
      throw failed("write", path, e);
    } catch (FSError e) { // how Hadoop's local file system reports a full disk
      IOException cause = e.getCause() instanceof IOException io ? io : new IOException(e);
      throw failed("write", path, cause);
    }
  }

  /** The folder or the file that is in the way of a file, in a few words; empty if none is. */
  private Optional<String> obstacle(Path path) {
    try {
      Path at = path;
      while (at != null && !exists(at)) {
        at = at.getParent();
      }
      if (at == null || isFile(at) == at.equals(path)) {
        return Optional.empty();
      }
      return Optional.of(at.equals(path) ? "it is a folder" : at + " is a file");
    } catch (UncheckedIOException e) { // the file system fails, which is what there is to say
      return Optional.empty();
    }
  }

  /**
   * Copies a file, or a folder with all that is in it, which may be there in part when this fails.
   *
   * @param to which must not be there
   */
  public void copy(Path from, Path to) {
    fence.check();
    try {
      FileUtil.copy(system(from), from, system(to), to, false, false, hadoop);
    } catch (IOException e) {
      throw failed("copy", from, e);
    }
  }

  private Replacement replacement(Path path) throws IOException {
    return Replacement.on(system(path), path);
  }

  public void writeText(Path path, String text) {
    write(path, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Bytes that can still be written in a folder; object stores report no limit. */
  public long left(Path folder) {
    try {
      return system(folder).getStatus(folder).getRemaining();
    } catch (IOException e) {
      throw failed("find the free space of", folder, e);
    }
  }

  /** Writes an object as indented JSON. */
  public void writeJson(Path path, Object value) {
    writeText(path, json(value) + "\n");
  }

  /** An object as indented JSON. */
  public static String json(Object value) {
    try {
      return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write as JSON: " + value.getClass(), e);
    }
  }

  /**
   * Removes a file or a whole folder; nothing happens if there is none.
   *
   * @throws LeaseLostException when the folder is another driver's now
   */
  public void delete(Path path) {
    fence.check();
    try {
      replacement(path).delete(path);
    } catch (IOException e) {
      throw failed("delete", path, e);
    }
  }

  /** SHA-256 of a file's bytes, in lower-case hexadecimal. */
  public String sha256(Path path) {
    MessageDigest digest = sha256();
    try (InputStream in = new DigestInputStream(replacement(path).open(path), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw failed("read", path, e);
    }
    return Hex.encodeHexString(digest.digest());
  }

  /** A fresh SHA-256. */
  public static MessageDigest sha256() {
    return DigestUtils.getSha256Digest();
  }

  private static RuntimeException failed(String what, Path path, IOException e) {
    boolean forbidden = FailureText.FORBIDDEN.in(String.valueOf(e.getMessage()));
    if (e instanceof FileNotFoundException && !forbidden && !what.equals("write")) {
      return new InvalidSettings("Cannot " + what + " " + path + ": there is no such file", e);
    }
    String why = e instanceof EOFException ? "the file ends early" : firstLine(e);
    return new UncheckedIOException("Cannot " + what + " " + path + ": " + why, e);
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.getClass().getSimpleName());
  }
}
