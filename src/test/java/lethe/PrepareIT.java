package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import lethe.SubmitIT.Submitted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The prepare stage on real executor processes, some of which die. */
class PrepareIT {
  private static final String SECRET = "a-secret-nobody-may-read";

  @TempDir Path folder;
  private Path conf;

  @Test
  void processesThatDieWhileTheyWriteLeaveNoTrace() throws Exception {
    writeCorpus(1500);
    Submitted undisturbed = SubmitIT.submit("prepare", conf.toString(), "run.dir=" + run("whole"));
    assertThat(undisturbed.code()).as(undisturbed.output()).isZero();

    Submitted oneExecutorLess = disturbed(run("executor"), PrepareIT::killAnExecutor);
    assertThat(oneExecutorLess.code()).as(oneExecutorLess.output()).isZero();

    Submitted killed = disturbed(run("driver"), Process::destroyForcibly);
    assertThat(killed.code()).isNotZero();
    assertThat(run("driver").resolve("corpus/manifest.json")).doesNotExist();
    assertThat(run("driver").resolve("corpus/_temporary")).exists();
    Submitted again = SubmitIT.submit("prepare", conf.toString(), "run.dir=" + run("driver"));
    assertThat(again.code()).as(again.output()).isZero();

    for (String disturbed : List.of("executor", "driver")) {
      JsonNode manifest = manifest(disturbed);
      assertThat(manifest.get("chunks_sha256")).isEqualTo(manifest("whole").get("chunks_sha256"));
      assertThat(parts(run(disturbed).resolve("corpus")))
          .containsExactlyInAnyOrderElementsOf(
              StreamSupport.stream(manifest.get("parts").spliterator(), false)
                  .map(part -> part.get("path").asText())
                  .toList());
      assertThat(run(disturbed).resolve("corpus/_temporary")).doesNotExist();
    }

    Submitted complete = SubmitIT.submit("prepare", conf.toString(), "run.dir=" + run("driver"));
    assertThat(complete.code()).as(complete.output()).isZero();
    assertThat(complete.output()).contains("prepare: finished before");
  }

  @Test
  void aDocumentTooLongForTheExecutorsIsNamed() throws Exception {
    writeCorpus(20);
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("data.jsonl/giant.jsonl"))) {
      out.write("{\"id\": \"giant\", \"split\": \"retain\", \"text\": \"");
      String words = "so many words that no end is to be seen of them; ".repeat(20);
      for (long bytes = 0; bytes < 200_000_000; bytes += words.length()) {
        out.write(words);
      }
      out.write("\"}\n");
    }
    Submitted refused =
        SubmitIT.submit(
            Map.of("AWS_SECRET_ACCESS_KEY", SECRET),
            "prepare",
            conf.toString(),
            "spark.master=local-cluster[1,1,1024]",
            "spark.hadoop.fs.s3a.secret.key=" + SECRET);
    assertThat(refused.code()).as(refused.output()).isEqualTo(2);
    assertThat(refused.output())
        .contains(
            "Cannot read document giant in file:",
            "giant.jsonl, line 1: it has 200 MB, too much for an executor of 1024 MB",
            "spark.executor.memory=")
        .doesNotContain(SECRET);
    assertThat(folder.resolve("run/corpus")).doesNotExist();
  }

  private void writeCorpus(int documents) throws IOException {
    conf = SmallRun.in(folder);
    Files.createDirectory(folder.resolve("data.jsonl"));
    for (int file = 0; file < 2; file++) {
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < documents; i++) {
        int number = file * documents + i;
        lines.append(
            "{\"id\": \"%d\", \"split\": \"%s\", \"text\": \"%s\"}%n"
                .formatted(
                    number,
                    number % 10 == 0 ? "forget" : "retain",
                    "Line %d of them all. ".formatted(number).repeat(200)));
      }
      Files.writeString(folder.resolve("data.jsonl/" + file + ".jsonl"), lines);
    }
    String text = Files.readString(conf);
    Files.writeString(
        conf,
        text
            + """
            corpus.sources = [{ path = "%s/data.jsonl", domain = d }]
            corpus.splits = { forget { where = "split = 'forget'" }, retain { where = "split = 'retain'" } }
            corpus.duplicates.action = ignore
            spark.master = "local-cluster[2,1,1024]"
            spark.executor.memory = "1g"
            """
                .formatted(folder));
  }

  private Path run(String name) {
    return folder.resolve(name);
  }

  private JsonNode manifest(String name) throws IOException {
    return new ObjectMapper().readTree(run(name).resolve("corpus/manifest.json").toFile());
  }

  /** Starts a run and does something to it as soon as a part is being written. */
  private Submitted disturbed(Path run, Consumer<Process> fault) throws Exception {
    Process process = SubmitIT.start(Map.of(), "prepare", conf.toString(), "run.dir=" + run);
    StringBuilder said = new StringBuilder();
    Thread reader =
        new Thread(
            () -> process.inputReader().lines().forEach(line -> said.append(line).append('\n')));
    reader.start();
    while (process.isAlive() && parts(run.resolve("corpus/_temporary")).isEmpty()) {
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
    assertThat(process.isAlive()).as(said.toString()).isTrue();
    fault.accept(process);
    int code = process.waitFor();
    reader.join();
    return new Submitted(code, said.toString());
  }

  private static void killAnExecutor(Process driver) {
    ProcessHandle executor =
        driver
            .descendants()
            .filter(p -> p.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
            .findFirst()
            .orElseThrow();
    assertThat(executor.destroyForcibly()).isTrue();
    executor.onExit().join();
  }

  /** Parquet files below a folder, relative to it. */
  private static List<String> parts(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(file -> folder.relativize(file).toString())
          .filter(file -> file.endsWith(".parquet"))
          .toList();
    } catch (java.io.UncheckedIOException e) {
      return List.of(); // moved away meanwhile
    }
  }
}
