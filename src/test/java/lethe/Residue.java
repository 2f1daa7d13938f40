package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Looks for texts that must not be found: where all users can read, and in what a run leaves. */
final class Residue {
  private final List<String> texts;

  /** Places in which a text was found, or which others may read. */
  private final Set<String> found = ConcurrentHashMap.newKeySet();

  private final Set<Path> places = ConcurrentHashMap.newKeySet();

  /** Size and time of files when they were read. */
  private final Map<Path, String> read = new HashMap<>();

  private boolean temporary;

  /**
   * @param texts in US-ASCII
   */
  Residue(List<String> texts) {
    this.texts = texts;
  }

  /**
   * Looks at the arguments of all processes, and at the temporary files of a run, until a process
   * ends.
   */
  void watch(Process process, Path run) throws InterruptedException {
    Path temporaryFiles = run.resolve("spark-local");
    do {
      arguments();
      if (Files.exists(temporaryFiles)) {
        temporary = true;
        look(temporaryFiles, run.resolve("sample"));
        mode(temporaryFiles);
      }
    } while (!process.waitFor(200, TimeUnit.MILLISECONDS));
  }

  /** Looks at the arguments of all processes. */
  void arguments() {
    ProcessHandle.allProcesses()
        .map(process -> Path.of("/proc", String.valueOf(process.pid()), "cmdline"))
        .forEach(this::file);
  }

  private void mode(Path folder) {
    try {
      if (!PosixFilePermissions.toString(Files.getPosixFilePermissions(folder))
          .equals("rwx------")) {
        found.add("others may enter " + folder);
      }
    } catch (IOException e) {
      // deleted meanwhile
    }
  }

  /** Looks into all files below a folder, but for those of others in it. */
  void look(Path folder, Path... but) {
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .filter(file -> Files.isRegularFile(file) && changed(file))
          .filter(file -> Stream.of(but).noneMatch(file::startsWith))
          .forEach(this::file);
    } catch (IOException | java.io.UncheckedIOException e) {
      // a file of a running process, deleted meanwhile
    }
  }

  private boolean changed(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      String state = now.size() + " " + now.lastModifiedTime();
      return !state.equals(read.put(file, state));
    } catch (IOException e) {
      return false; // deleted meanwhile
    }
  }

  private void file(Path file) {
    try {
      String content = Files.readString(file, StandardCharsets.ISO_8859_1);
      texts.stream()
          .filter(content::contains)
          .forEach(
              text -> {
                places.add(file);
                found.add("\"%s\" is in %s".formatted(text, file));
              });
    } catch (IOException e) {
      // ended or deleted meanwhile
    }
  }

  /** The files in which a text was found. */
  Set<Path> places() {
    return Set.copyOf(places);
  }

  void assertNone() {
    assertThat(temporary).as("temporary files were seen").isTrue();
    assertThat(found).isEmpty();
  }
}
