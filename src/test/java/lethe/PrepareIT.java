package lethe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.corpus.CorpusSettings;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.corpus.SmallCorpora;
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
  private static final String TEMPORARY = "corpus/chunks/_temporary";

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
            .config("spark.buffer.pageSize", "1m")
            .config("spark.sql.shuffle.partitions", 2)
            .config("spark.sql.codegen.wholeStage", false)
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.executor.extraJavaOptions", System.getProperty("lethe.executor-options"))
            .config("spark.executor.extraClassPath", System.getProperty("lethe.classpath"))
            .getOrCreate();
    assertThat(spark.sparkContext().isLocal()).as("nothing else's Spark").isFalse();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  /** The driver dies, and when it is run again an executor does. */
  @Test
  void processesThatDieWhileTheyWriteLeaveNoTrace() throws Exception {
    List<String> chunks = writeCorpus();
    RunFolder run = run("run");
    Process driver = SubmitIT.start(Map.of(), "prepare", conf.toString(), "spark.master=local[2]");
    await(() -> !parts(TEMPORARY).isEmpty());
    driver.toHandle().destroyForcibly(); // submit.sh has become the driver
    String said = new String(driver.getInputStream().readAllBytes(), UTF_8);
    assertThat(driver.waitFor()).as(said).isEqualTo(128 + 9);
    List<String> left = parts(TEMPORARY);
    assertThat(left).isNotEmpty();
    assertThat(folder.resolve("run/corpus/manifest.json")).doesNotExist();

    CompletableFuture<Boolean> unfinished =
        CompletableFuture.supplyAsync(
            () -> {
              await(() -> !left.containsAll(parts(TEMPORARY)));
              killAnExecutor();
              return Files.notExists(folder.resolve("run/corpus/manifest.json"));
            });
    Prepare.Result result = SmallCorpora.execute(prepare(run));
    assertThat(unfinished.get()).as("it was still writing").isTrue();
    assertThat(result.summary().counts().stream().mapToLong(Manifest.Count::documents).sum())
        .isEqualTo(DOCUMENTS);
    assertThat(result.chunksSha256()).isEqualTo(chunksSha256(chunks));
    assertThat(parts("corpus"))
        .containsExactlyInAnyOrderElementsOf(
            Manifest.read(run).parts().stream().map(Manifest.Part::path).toList());
    assertThat(folder.resolve("run/" + TEMPORARY)).doesNotExist();
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
      assertThatThrownBy(() -> SmallCorpora.execute(prepare(run("giant"))))
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
   * @return the chunks they have, as JSON: a token is a byte after three special tokens, and a tail
   *     of less than five is dropped
   */
  private static List<String> writeCorpus() throws IOException {
    Files.createDirectories(folder.resolve("lines"));
    List<String> chunks = new ArrayList<>();
    for (int file = 0; file < 2; file++) {
      StringBuilder lines = new StringBuilder();
      for (int i = file; i < DOCUMENTS; i += 2) {
        String text = "Line %d of them all. ".formatted(i).repeat(200);
        String split = i % 10 == 0 ? "forget" : "retain";
        for (int from = 0; text.length() - from >= 5; from += CHUNK) {
          int to = Math.min(text.length(), from + CHUNK);
          chunks.add(
              "{\"split\":\"%s\",\"domain\":\"d\",\"document\":\"%d\",\"ordinal\":%d,\"start\":%d,\"end\":%d,\"tokens\":[%s]}"
                  .formatted(
                      split,
                      i,
                      from / CHUNK,
                      from,
                      to,
                      text.substring(from, to)
                          .chars()
                          .mapToObj(c -> String.valueOf(c + 3))
                          .collect(Collectors.joining(","))));
        }
        lines.append(
            "{\"id\": \"%d\", \"split\": \"%s\", \"text\": \"%s\"}%n".formatted(i, split, text));
      }
      Files.writeString(folder.resolve("lines/" + file + ".jsonl"), lines);
    }
    return chunks;
  }

  /** The hash that the manifest states, written again from its description. */
  private static String chunksSha256(List<String> chunks) {
    Map<String, List<String>> groups =
        chunks.stream()
            .map(PrepareIT::sha256)
            .sorted()
            .collect(
                Collectors.groupingBy(digest -> digest.substring(0, 3), TreeMap::new, toList()));
    return sha256(
        groups.entrySet().stream()
            .map(group -> group.getKey() + sha256(String.join("", group.getValue())))
            .collect(Collectors.joining()));
  }

  private static String sha256(String text) {
    return HexFormat.of().formatHex(lethe.folder.Files.sha256().digest(text.getBytes(UTF_8)));
  }

  private static RunFolder run(String name) {
    return RunFolder.of(folder.resolve(name).toString(), new Configuration());
  }

  private static Prepare prepare(RunFolder run) {
    CorpusSettings settings = CorpusSettings.read(Settings.load(conf, List.of()).root());
    return new Prepare(
        spark, settings, run, folder.resolve("model").toString(), 256, 4096, List.of());
  }

  private static void await(BooleanSupplier met) {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!met.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time to wait, two minutes").isLessThan(end);
      LockSupport.parkNanos(5_000_000);
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

  /** Parquet files below a folder of the run, relative to it. */
  private static List<String> parts(String name) {
    Path below = folder.resolve("run").resolve(name);
    if (!Files.isDirectory(below)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(below)) {
      return files
          .map(file -> below.relativize(file).toString())
          .filter(file -> file.endsWith(".parquet"))
          .toList();
    } catch (IOException | java.io.UncheckedIOException e) {
      return List.of(); // moved away meanwhile
    }
  }
}
