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
import java.util.zip.GZIPInputStream;
import lethe.folder.Files;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The questions of a task as their files have them, checked without Spark.
 *
 * @param task they are of
 * @param files access to them
 */
public record TaskFile(MultipleChoiceTask task, Files files) {
  private static final String WANTED =
      "a line must be a JSON object with query (a text), choices (a list of two texts or more) and gold (the place of the right one, from 0)";

  /** Most characters of a question with its choices: a file of zeros is one line of them. */
  private static final int MOST_CHARACTERS = 1 << 20;

  /** Lines of a file that are looked at: enough to see its layout within a second. */
  private static final int LINES = 20_000;

  /**
   * Checks whether the questions can be asked.
   *
   * @throws InvalidSettings when there is none, or naming the first line that is none
   */
  public void check() {
    long questions = 0;
    for (Path file : all()) {
      questions += check(file);
    }
    if (questions == 0) {
      throw cannot("it has no question; " + WANTED);
    }
  }

  /**
   * SHA-256 of the questions, in hexadecimal: of one file its own, of several that of their names
   * and hashes in order, one per line.
   *
   * @throws InvalidSettings when there is no file
   */
  String sha256() {
    List<Path> all = all();
    if (all.size() == 1) {
      return files.sha256(all.get(0));
    }
    StringBuilder lines = new StringBuilder();
    for (Path file : all) {
      lines.append(file.getName() + " " + files.sha256(file) + "\n");
    }
    return DigestUtils.sha256Hex(lines.toString());
  }

  /** As Spark takes a path: a file, the files of a folder, or a pattern. */
  private List<Path> all() {
    Path path = new Path(task.path());
    List<Path> all = new ArrayList<>();
    try {
      FileStatus[] matches = files.system(path).globStatus(path);
      if (matches == null || matches.length == 0) {
        throw cannot("there is no such file");
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
      throw new UncheckedIOException("Cannot look for " + task.path() + ": " + e.getMessage(), e);
    }
    return all;
  }

  private long check(Path file) {
    if (file.getName().matches(".*\\.(bz2|zst|xz|lz4|snappy|deflate)")) {
      return 1; // Spark reads it
    }
    boolean gzip = file.getName().endsWith(".gz");
    try (InputStream in = files.system(file).open(file);
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(
                    gzip ? new GZIPInputStream(in) : in, StandardCharsets.UTF_8))) {
      long questions = 0;
      String line = next(lines);
      for (int number = 1; line != null && number <= LINES; number++) {
        if (!line.isBlank()) {
          check(file, number, line);
          questions++;
        }
        line = next(lines);
      }
      return questions;
    } catch (IOException e) {
      throw cannot("%s cannot be read: %s".formatted(file, e.getMessage()));
    }
  }

  /** The next line; null after the last. */
  private static String next(BufferedReader lines) throws IOException {
    StringBuilder line = new StringBuilder();
    int c = lines.read();
    if (c < 0) {
      return null;
    }
    while (c >= 0 && c != '\n') {
      if (line.length() == MOST_CHARACTERS) {
        throw new IOException("it has a line of more than " + MOST_CHARACTERS + " characters");
      }
      line.append((char) c);
      c = lines.read();
    }
    return line.toString();
  }

  private void check(Path file, int number, String line) {
    String why = wrong(line);
    if (why != null) {
      throw cannot("line %d of %s %s; %s".formatted(number, file.getName(), why, WANTED));
    }
  }

  /** What a line lacks of a question; null for one. */
  private static String wrong(String line) {
    JsonNode question;
    try {
      question = Json.MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      return "is not JSON";
    }
    if (!question.isObject()) {
      return "is not an object";
    }
    JsonNode choices = question.path("choices");
    JsonNode gold = question.path("gold");
    boolean empty = choices.size() < 2;
    for (JsonNode choice : choices) {
      empty |= choice.isNull() || choice.asText(".").isEmpty();
    }
    if (question.path("query").asText("").isBlank()) {
      return "has no query";
    }
    if (!choices.isArray() || empty) {
      return "lacks choices";
    }
    return gold.isIntegralNumber() && gold.asLong() >= 0 && gold.asLong() < choices.size()
        ? null
        : "has no gold among its %d choices".formatted(choices.size());
  }

  private InvalidSettings cannot(String why) {
    return new InvalidSettings(
        "Cannot ask task %s (%s): %s".formatted(task.name(), task.path(), why));
  }
}
