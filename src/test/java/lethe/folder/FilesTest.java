package lethe.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
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

  /** Whose files are replaced, the first times they are read, between status and content. */
  public static final class Replaced extends RawLocalFileSystem {
    private static int times;
    private static boolean otherClient;
    private static boolean changes;

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
      if (times > 0) {
        times--;
        if (otherClient) {
          if (changes) {
            setTimes(path, 1_000_000L + times * 10_000L, -1);
          }
          throw new IOException("Server error, Status Code: 412");
        }
        throw new RemoteFileChangedException(path.toString(), "open", "Change reported by S3");
      }
      return super.open(path, bufferSize);
    }
  }

  @Test
  void aFileThatIsReplacedWhileItIsReadIsReadAgain() {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.file.impl", Replaced.class.getName());
    hadoop.setBoolean("fs.file.impl.disable.cache", true);
    Files replaced = new Files(hadoop);
    Path path = path("file");
    replaced.writeText(path, OLD);
    Replaced.times = 4;
    assertThat(new String(replaced.read(path), StandardCharsets.UTF_8)).isEqualTo(OLD);
    Replaced.times = 5;
    assertThatThrownBy(() -> replaced.read(path))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("Cannot read " + path)
        .hasMessageContaining("Change reported by S3");
    Replaced.times = 0;
  }

  @Test
  void whateverTheClientThrowsAFileThatWasReplacedIsReadAgainAndNoOther() {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.file.impl", Replaced.class.getName());
    hadoop.setBoolean("fs.file.impl.disable.cache", true);
    Files replaced = new Files(hadoop);
    Path path = path("file");
    replaced.writeText(path, OLD);
    Replaced.otherClient = true;
    try {
      Replaced.changes = true;
      Replaced.times = 4;
      assertThat(new String(replaced.read(path), StandardCharsets.UTF_8)).isEqualTo(OLD);
      Replaced.changes = false;
      Replaced.times = 4;
      assertThatThrownBy(() -> replaced.read(path))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("Cannot read " + path)
          .hasMessageContaining("Status Code: 412");
      assertThat(Replaced.times).as("tried once").isEqualTo(3);
    } finally {
      Replaced.otherClient = false;
      Replaced.times = 0;
    }
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
      String before = text(path);
      files.settle(path.getParent(), new Path(path.getParent(), "lease.json"));
      assertThat(folder.resolve("file.json")).as("for other programs, " + crash).hasContent(before);
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
  void aFolderOrAFileInTheWayIsNamed() throws IOException {
    java.nio.file.Files.createDirectories(folder.resolve("file.json/inside"));
    Path path = new Path(folder.toString(), "file.json");
    assertThatThrownBy(() -> files.writeText(path, NEW))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("Cannot write " + path + ": it is a folder; delete it or move it away");
    assertThat(folder.resolve("file.json/inside")).exists();
    java.nio.file.Files.writeString(folder.resolve("report"), "a file");
    Path below = new Path(folder.toString(), "report/index.html");
    assertThatThrownBy(() -> files.writeText(below, NEW))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Cannot write " + below + ": ")
        .hasMessageEndingWith(folder + "/report is a file; delete it or move it away");
  }

  @Test
  void whatIsNoFileOrTooLongForTheMemoryIsNotRead() throws IOException {
    Path inside = new Path(folder.toString());
    assertThatThrownBy(() -> files.readJson(inside))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot read %s: it is a folder, and must be a file; delete it or move it away"
                .formatted(inside));
    long bytes = Runtime.getRuntime().maxMemory() / 4 + 1;
    try (var file = new RandomAccessFile(folder.resolve("long.json").toFile(), "rw")) {
      file.setLength(bytes); // takes no space
    }
    Path tooLong = new Path(folder.toString(), "long.json");
    assertThatThrownBy(() -> files.readJson(tooLong))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot read " + tooLong + ": it has " + bytes + " bytes, more ")
        .hasMessageContaining("spark.driver.memory");
  }

  @Test
  void anAddressWithoutAHostIsRefused() {
    Files plain = new Files(new Configuration());
    assertThatThrownBy(() -> plain.system(new Path("s3a:///key")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot open s3a:/key: bucket is null");
    assertThatThrownBy(() -> plain.system(new Path("hdfs:///key")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot open hdfs:/key: Incomplete HDFS URI, no host");
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
