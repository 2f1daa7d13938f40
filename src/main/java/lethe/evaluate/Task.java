package lethe.evaluate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * A multiple-choice test.
 *
 * @param name in the report
 * @param path JSON lines with {@code query}, {@code choices} and {@code gold}, the place of the
 *     right choice from 0
 */
public record Task(String name, String path) {

  /**
   * SHA-256 of the questions: of a file its own, of a folder or a pattern that of the files' names
   * and hashes in order, a line each.
   *
   * @throws InvalidSettings when there is no such file
   */
  String sha256(Files files) {
    List<Path> found = files(files);
    if (found.isEmpty()) {
      throw new InvalidSettings(
          List.of("Cannot ask task %s: there is no file %s".formatted(name, path)));
    }
    if (found.size() == 1) {
      return files.sha256(found.get(0));
    }
    MessageDigest digest = Files.sha256();
    for (Path file : found) {
      String line = file.getName() + " " + files.sha256(file) + "\n";
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** As Spark reads the path: hidden names are passed over. */
  private List<Path> files(Files files) {
    List<Path> found = new ArrayList<>();
    try {
      FileStatus[] matches = files.system(new Path(path)).globStatus(new Path(path));
      for (FileStatus match : matches == null ? new FileStatus[0] : matches) {
        if (match.isDirectory()) {
          files.list(match.getPath()).stream()
              .filter(file -> !file.getName().matches("[._].*"))
              .forEach(found::add);
        } else {
          found.add(match.getPath());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look for " + path + ": " + e.getMessage(), e);
    }
    return found;
  }

  static List<Task> read(Section evaluate) {
    return evaluate.list("tasks").stream()
        .map(
            s -> {
              s.allowOnly("name", "path");
              return new Task(s.text("name"), s.text("path"));
            })
        .toList();
  }
}
