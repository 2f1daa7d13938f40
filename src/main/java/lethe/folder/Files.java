package lethe.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Whole files on any Hadoop path. Every failure names the path. */
public final class Files {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Configuration hadoop;

  public Files(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  public FileSystem system(Path path) {
    try {
      return path.getFileSystem(hadoop);
    } catch (IOException e) {
      throw failed("open the file system of", path, e);
    }
  }

  public boolean exists(Path path) {
    try {
      return system(path).exists(path);
    } catch (IOException e) {
      throw failed("look for", path, e);
    }
  }

  public byte[] read(Path path) {
    try (InputStream in = system(path).open(path)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw failed("read", path, e);
    }
  }

  /** Reads a JSON file. */
  public JsonNode readJson(Path path) {
    try {
      return JSON.readTree(read(path));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "Cannot read " + path + ": it is not JSON (" + firstLine(e) + ")", e);
    }
  }

  /**
   * Writes a file whole: beside its place first, then renamed over it, so that a reader sees the
   * old content or the new one. On object stores a put is already whole and the rename is a copy.
   */
  public void write(Path path, byte[] content) {
    Path draft = new Path(path.getParent(), "." + path.getName() + ".draft");
    try {
      FileSystem system = system(path);
      try (OutputStream out = system.create(draft, true)) {
        out.write(content);
      }
      system.delete(path, false);
      if (!system.rename(draft, path)) {
        throw new IOException("cannot rename " + draft);
      }
    } catch (IOException e) {
      throw failed("write", path, e);
    }
  }

  public void writeText(Path path, String text) {
    write(path, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes an object as indented JSON. */
  public void writeJson(Path path, Object value) {
    writeText(path, json(value) + "\n");
  }

  /** An object as indented JSON. */
  public static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write as JSON: " + value.getClass(), e);
    }
  }

  /** Removes a file or a whole folder; nothing happens if there is none. */
  public void delete(Path path) {
    try {
      system(path).delete(path, true);
    } catch (IOException e) {
      throw failed("delete", path, e);
    }
  }

  /** SHA-256 of a file's bytes, in lower-case hexadecimal. */
  public String sha256(Path path) {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = system(path).open(path)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    } catch (IOException e) {
      throw failed("read", path, e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** A fresh SHA-256. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java has no SHA-256", e);
    }
  }

  private static RuntimeException failed(String what, Path path, IOException e) {
    if (e instanceof java.io.FileNotFoundException) {
      return new IllegalArgumentException(
          "Cannot " + what + " " + path + ": there is no such file", e);
    }
    return new UncheckedIOException("Cannot " + what + " " + path + ": " + firstLine(e), e);
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.getClass().getSimpleName());
  }
}
