package lethe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lethe.corpus.CorpusSettings;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.folder.RunFolder;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The prepare stage on real processes, some of which die. */
class PrepareIT {
  private static final int DOCUMENTS = 300;
  private static final int CHUNK = 64;

  @TempDir static Path folder;
  private static Path conf;
  private static SparkSession spark;

  @BeforeAll
  static void start() throws IOException {
    conf = SmallRun.in(folder);
    String text = Files.readString(conf).replaceAll("(?m)^ *approximate.where.*\n", "");
    Files.writeString(
        conf, text + "corpus.sources = [{ path = \"" + folder + "/lines\", domain = d }]\n");
    spark =
        SparkSession.builder()
            .master("local-cluster[2,1,1024]")
            .config("spark.executor.memory", "1g")
            .config("spark.task.maxFailures", 2)
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 2)
            .config("spark.executor.extraClassPath", System.getProperty("lethe.classpath"))
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void processesThatDieWhileTheyWriteLeaveNoTrace() throws Exception {
    long chunks = writeCorpus();

    RunFolder killed = run("driver");
    Process driver =
        SubmitIT.start(
            Map.of(),
            "prepare",
            conf.toString(),
            "run.dir=" + killed.root(),
            "spark.master=local[2]");
    awaitPart("driver");
    driver.toHandle().destroyForcibly(); // submit.sh has become the driver
    String said = new String(driver.getInputStream().readAllBytes(), UTF_8);
    assertThat(driver.waitFor()).as(said).isEqualTo(128 + 9);
    assertThat(folder.resolve("driver/corpus/_temporary")).exists();
    assertThat(folder.resolve("driver/corpus/manifest.json")).doesNotExist();
    Prepare.Result second = prepare(killed).execute();
    assertHolds("driver", second, chunks);

    CompletableFuture<Boolean> unfinished =
        CompletableFuture.supplyAsync(
            () -> {
              awaitPart("executor");
              killAnExecutor();
              return Files.notExists(folder.resolve("executor/corpus/_SUCCESS"));
            });
    Prepare.Result oneExecutorLess = prepare(run("executor")).execute();
    assertThat(unfinished.get()).as("it was still writing").isTrue();
    assertHolds("executor", oneExecutorLess, chunks);
    assertThat(oneExecutorLess.chunksSha256()).isEqualTo(second.chunksSha256());
  }

  /** The folder has what the manifest lists, every document once, and nothing else. */
  private static void assertHolds(String name, Prepare.Result result, long chunks)
      throws IOException {
    assertThat(result.evidence().counts().stream().mapToLong(Manifest.Count::documents).sum())
        .isEqualTo(DOCUMENTS);
    assertThat(result.evidence().counts().stream().mapToLong(Manifest.Count::chunks).sum())
        .isEqualTo(chunks);
    assertThat(parts(folder.resolve(name + "/corpus")))
        .containsExactlyInAnyOrderElementsOf(
            Manifest.read(run(name)).parts().stream().map(Manifest.Part::path).toList());
    assertThat(folder.resolve(name + "/corpus/_temporary")).doesNotExist();
  }

  @Test
  void aDocumentTooLongForTheExecutorsIsNamed() throws Exception {
    writeCorpus();
    Path file = folder.resolve("lines/giant.jsonl");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      out.write("{\"id\": \"giant\", \"split\": \"retain\", \"text\": \"");
      String words = "so many words that no end is to be seen of them; ".repeat(20);
      for (long bytes = 0; bytes < 200_000_000; bytes += words.length()) {
        out.write(words);
      }
      out.write("\"}\n");
    }
    try {
      assertThatThrownBy(prepare(run("giant"))::execute)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(
              "Cannot read document giant in file:",
              "giant.jsonl, line 1: it has 200 MB, too much for an executor of 1024 MB",
              "spark.executor.memory=");
      assertThat(folder.resolve("giant")).doesNotExist();
    } finally {
      Files.delete(file);
    }
  }

  /**
   * Writes two files.
   *
   * @return the chunks they have: a token is a byte, and a tail of less than five is dropped
   */
  private static long writeCorpus() throws IOException {
    Files.createDirectories(folder.resolve("lines"));
    long chunks = 0;
    for (int file = 0; file < 2; file++) {
      StringBuilder lines = new StringBuilder();
      for (int i = file; i < DOCUMENTS; i += 2) {
        String text = "Line %d of them all. ".formatted(i).repeat(200);
        chunks += text.length() / CHUNK + (text.length() % CHUNK < 5 ? 0 : 1);
        lines.append(
            "{\"id\": \"%d\", \"split\": \"%s\", \"text\": \"%s\"}%n"
                .formatted(i, i % 10 == 0 ? "forget" : "retain", text));
      }
      Files.writeString(folder.resolve("lines/" + file + ".jsonl"), lines);
    }
    return chunks;
  }

  private static RunFolder run(String name) {
    return RunFolder.of(folder.resolve(name).toString(), new Configuration());
  }

  private static Prepare prepare(RunFolder run) {
    CorpusSettings settings = CorpusSettings.read(Settings.load(conf, List.of()).root());
    return new Prepare(spark, settings, run, folder.resolve("model").toString(), 256);
  }

  /** Waits until a part is being written. */
  private static void awaitPart(String name) {
    Path temporary = folder.resolve(name + "/corpus/_temporary");
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (parts(temporary).isEmpty()) {
      assertThat(System.nanoTime()).as("a part of " + name + " within two minutes").isLessThan(end);
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void killAnExecutor() {
    ProcessHandle executor =
        ProcessHandle.current()
            .descendants()
            .filter(p -> p.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
            .findFirst()
            .orElseThrow();
    assertThat(executor.destroyForcibly()).isTrue();
    executor.onExit().join();
  }

  /** Parquet files below a folder, relative to it. */
  private static List<String> parts(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(file -> folder.relativize(file).toString())
          .filter(file -> file.endsWith(".parquet"))
          .toList();
    } catch (IOException | java.io.UncheckedIOException e) {
      return List.of(); // moved away meanwhile
    }
  }
}
