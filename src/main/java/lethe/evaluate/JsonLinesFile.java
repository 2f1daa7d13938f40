package lethe.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import lethe.folder.Files;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Files of JSON objects, one a line, checked without Spark.
 *
 * @param path as Spark takes it: a file, the files of a folder, or a pattern
 * @param files access to them
 * @param lines what they hold
 */
record JsonLinesFile(String path, Files files, Lines lines) {
  /**
   * What the lines of a file are.
   *
   * @param refused how a refusal begins, for example {@code Cannot ask task t (t.jsonl)}
   * @param none what to say of files without a line
   * @param wanted what a line must be, in a sentence without its full stop
   * @param characters most of a line: a file of zeros is one line of them
   * @param wrong what an object lacks; null where it lacks nothing
   */
  record Lines(
      String refused,
      String none,
      String wanted,
      int characters,
      Function<JsonNode, String> wrong) {}

  /** Lines of a file that are looked at: enough to see its layout within a second. */
  private static final int LOOKED_AT = 20_000;

  /**
   * Checks whether the files can be used.
   *
   * @throws InvalidSettings when they have no line, or naming the first one that is wrong
   */
  void check() {
    long right = 0;
    for (Path file : all()) {
      right += check(file);
    }
    if (right == 0) {
      throw refused(lines.none + "; " + lines.wanted);
    }
  }

  /**
   * The first objects, in the order of the files' names and of their lines.
   *
   * @param count how many
   * @throws InvalidSettings when there are fewer, or one is wrong
   */
  List<JsonNode> first(int count) {
    List<JsonNode> found = new ArrayList<>();
    for (Path file : all()) {
      try (BufferedReader reader = reader(file)) {
        String line = next(reader);
        for (int number = 1; line != null && found.size() < count; number++) {
          if (!line.isBlank()) {
            check(file, number, line);
            found.add(Json.MAPPER.readTree(line));
          }
          line = next(reader);
        }
      } catch (IOException e) {
        throw refused("%s cannot be read: %s".formatted(file, e.getMessage()));
      }
    }
    if (found.size() < count) {
      throw refused(
          "%d of its lines are to be shown, and it has %d".formatted(count, found.size()));
    }
    return found;
  }

  private BufferedReader reader(Path file) throws IOException {
    InputStream in = files.system(file).open(file);
    return new BufferedReader(
        new InputStreamReader(
            file.getName().endsWith(".gz") ? new GZIPInputStream(in) : in, StandardCharsets.UTF_8));
  }

  /**
   * SHA-256 of the files, in hexadecimal: of one file its own, of several that of their names and
   * hashes in order, one per line.
   *
   * @throws InvalidSettings when there is no file
   */
  String sha256() {
    List<Path> all = all();
    if (all.size() == 1) {
      return files.sha256(all.get(0));
    }
    StringBuilder names = new StringBuilder();
    for (Path file : all) {
      names.append(file.getName() + " " + files.sha256(file) + "\n");
    }
    return DigestUtils.sha256Hex(names.toString());
  }

  private List<Path> all() {
    Path root = new Path(path);
    List<Path> all = new ArrayList<>();
    try {
      FileStatus[] matches = files.system(root).globStatus(root);
      if (matches == null || matches.length == 0) {
        throw refused("there is no such file");
      }
      for (FileStatus match : matches) {
        if (match.isFile()) {
          all.add(match.getPath());
        } else {
          files.list(match.getPath()).stream()
              .filter(file -> !file.getName().matches("[._].*"))
              .forEach(all::add);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look for " + path + ": " + e.getMessage(), e);
    }
    return all;
  }

  private long check(Path file) {
    if (file.getName().matches(".*\\.(bz2|zst|xz|lz4|snappy|deflate)")) {
      return 1; // Spark reads it
    }
    try (BufferedReader reader = reader(file)) {
      long right = 0;
      String line = next(reader);
      for (int number = 1; line != null && number <= LOOKED_AT; number++) {
        if (!line.isBlank()) {
          check(file, number, line);
          right++;
        }
        line = next(reader);
      }
      return right;
    } catch (IOException e) {
      throw refused("%s cannot be read: %s".formatted(file, e.getMessage()));
    }
  }

  /** The next line; null after the last. */
  private String next(BufferedReader reader) throws IOException {
    StringBuilder line = new StringBuilder();
    int c = reader.read();
    if (c < 0) {
      return null;
    }
    while (c >= 0 && c != '\n') {
      if (line.length() == lines.characters) {
        throw new IOException("it has a line of more than " + lines.characters + " characters");
      }
      line.append((char) c);
      c = reader.read();
    }
    return line.toString();
  }

  private void check(Path file, int number, String line) {
    String why = wrong(line);
    if (why != null) {
      throw refused("line %d of %s %s; %s".formatted(number, file.getName(), why, lines.wanted));
    }
  }

  private String wrong(String line) {
    JsonNode object;
    try {
      object = Json.MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      return "is not JSON";
    }
    return object.isObject() ? lines.wrong.apply(object) : "is not an object";
  }

  private InvalidSettings refused(String why) {
    return new InvalidSettings(lines.refused + ": " + why);
  }
}
