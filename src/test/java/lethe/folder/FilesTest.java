package lethe.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file has its old content or its new one, whatever call of the file system fails. */
class FilesTest {
  private static final String OLD = "{\"content\": \"old\"}";
  private static final String NEW = "{\"content\": \"new, and longer than the old one\"}";

  @TempDir java.nio.file.Path folder;

  private final Files files = new Files(FaultyFileSystem.configuration());

  @AfterEach
  void noFault() {
    Faults.none();
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void aCrashAtAnyCallLeavesTheOldOrTheNewContent(String scheme) {
    Path path = path(scheme);
    boolean ends = false;
    for (int n = 1; !ends; n++) {
      Faults.none();
      files.delete(path);
      files.writeText(path, OLD);
      Faults.plan(n, Faults.How.STOPPED);
      ends = tries(() -> files.writeText(path, NEW));
      String crash = scheme + ", call " + n + ", " + Faults.first();
      Faults.none();
      assertThat(text(path)).as(crash).isIn(OLD, NEW);
      assertThat(files.exists(path)).isTrue();
      assertThat(files.length(path)).isEqualTo(text(path).length());
      assertThat(files.list(path.getParent())).as(crash).contains(path);
      files.writeText(path, OLD + NEW);
      assertThat(text(path)).as("after " + crash).isEqualTo(OLD + NEW);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void aCrashWhileAFileIsFirstWrittenLeavesNoneOrAllOfIt(String scheme) {
    Path path = path(scheme);
    boolean ends = false;
    for (int n = 1; !ends; n++) {
      files.delete(path);
      Faults.plan(n, Faults.How.STOPPED);
      ends = tries(() -> files.writeText(path, NEW));
      String crash = scheme + ", call " + n + ", " + Faults.first();
      Faults.none();
      if (files.exists(path)) {
        assertThat(text(path)).as(crash).isEqualTo(NEW);
      }
    }
    assertThat(text(path)).isEqualTo(NEW);
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void aDeletedFileDoesNotComeBack(String scheme) {
    Path path = path(scheme);
    boolean ends = false;
    for (int n = 1; !ends; n++) { // the deletion follows on a write that crashed
      Faults.none();
      files.writeText(path, OLD);
      Faults.plan(n, Faults.How.STOPPED);
      ends = tries(() -> files.writeText(path, NEW));
      boolean gone = false;
      for (int m = 1; !gone; m++) {
        Faults.plan(m, Faults.How.STOPPED);
        gone = tries(() -> files.delete(path));
        Faults.none();
        if (files.exists(path)) {
          assertThat(text(path)).as(scheme + ", " + n + ", " + m).isIn(OLD, NEW);
        }
      }
      assertThat(files.exists(path)).as(scheme + ", " + n).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void oneCallThatFailsLosesNothingAndTheNextWriteSucceeds(String scheme) {
    Path path = path(scheme);
    boolean ends = false;
    for (int n = 1; !ends; n++) {
      Faults.none();
      files.writeText(path, OLD);
      Faults.plan(n, Faults.How.ONCE);
      ends = tries(() -> files.writeText(path, NEW));
      String fault = scheme + ", call " + n + ", " + Faults.first();
      Faults.none();
      assertThat(text(path)).as(fault).isIn(OLD, NEW);
      files.writeText(path, NEW + OLD);
      assertThat(text(path)).as("after " + fault).isEqualTo(NEW + OLD);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void aFullDiskLosesNothing(String scheme) {
    Path path = path(scheme);
    files.writeText(path, OLD);
    Faults.plan(1, Faults.How.FULL);
    assertThatThrownBy(() -> files.writeText(path, NEW))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage("Cannot write " + path + ": No space left on device");
    assertThat(text(path)).isEqualTo(OLD);
    assertThat(folder).isDirectoryNotContaining(file -> file.toString().endsWith(".draft"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void contentThatEndsWithAnErrorIsNotWritten(String scheme) {
    Path path = path(scheme);
    files.writeText(path, OLD);
    assertThatThrownBy(
            () ->
                files.write(
                    path,
                    out -> {
                      out.write(1);
                      throw new IllegalStateException("not finite");
                    }))
        .hasMessage("not finite");
    assertThat(text(path)).isEqualTo(OLD);
  }

  @Test
  void aReaderBesideAWriterSeesWholeFilesOnly() throws InterruptedException {
    Path path = path("crash"); // two renames apart
    files.writeText(path, OLD);
    AtomicBoolean done = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              for (int i = 0; i < 300; i++) {
                files.writeText(path, i % 2 == 0 ? NEW : OLD);
              }
              done.set(true);
            });
    writer.start();
    while (!done.get()) {
      assertThat(text(path)).isIn(OLD, NEW);
    }
    writer.join();
  }

  @Test
  void aFolderInTheWayIsNamed() throws IOException {
    java.nio.file.Files.createDirectories(folder.resolve("file.json/inside"));
    Path path = new Path(folder.toString(), "file.json");
    assertThatThrownBy(() -> files.writeText(path, NEW))
        .hasMessage("Cannot write " + path + ": it is a folder");
    assertThat(folder.resolve("file.json/inside")).exists();
  }

  @Test
  void aChecksumOfTheOldContentGoesWithIt() throws IOException {
    java.nio.file.Path checksum = folder.resolve(".file.json.crc");
    java.nio.file.Files.writeString(checksum, "of the old content");
    files.writeText(new Path(folder.toString(), "file.json"), NEW);
    assertThat(checksum).doesNotExist();
  }

  private Path path(String scheme) {
    return new Path(scheme, "", folder.resolve("file.json").toString());
  }

  private String text(Path path) {
    return new String(files.read(path), StandardCharsets.UTF_8);
  }

  /** Whether a write came to its end. */
  private static boolean tries(Runnable work) {
    try {
      work.run();
      return true;
    } catch (UncheckedIOException e) {
      assertThat(e).hasMessageContaining("Planned fault");
      return false;
    }
  }
}
