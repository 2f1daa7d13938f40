package lethe.replay;

import static lethe.command.InProcess.said;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lethe.OneProcess;
import lethe.SmallRun;
import lethe.certificate.Certificate;
import lethe.console.Console;
import lethe.folder.RunFolder;
import lethe.pipeline.Pipeline;
import lethe.run.RunConfig;
import lethe.run.Verb;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A certified run of a second, trained again by {@code verify --replay}, in this process. */
class ReplayIT {
  /** Of the driver's and the executors' Java, which run.json withholds. */
  private static final List<String> WITHHELD =
      List.of("spark.driver.extraJavaOptions=null", "spark.executor.extraJavaOptions=null");

  /** A certified run and its inputs, as they were made. */
  @TempDir static Path whole;

  /** The same, for one test. */
  private Path folder;

  @BeforeAll
  static void aCertifiedRun() throws IOException {
    OneProcess.begin();
    Path conf = SmallRun.in(Files.createDirectories(whole.resolve("here")));
    new Pipeline(
            RunConfig.read(Verb.RUN, conf, List.of("train.learning-rate=1e-3")),
            new Console(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8)))
        .run();
    certify(whole.resolve("here"));
  }

  @AfterAll
  static void asBefore() {
    OneProcess.end();
  }

  /** Paths in the record are those of the run, so each test has it in the same place. */
  @BeforeEach
  void aCopy() throws IOException {
    folder = whole.resolve("here");
    if (Files.exists(whole.resolve("kept"))) {
      FileUtils.deleteDirectory(folder.toFile());
      FileUtils.copyDirectory(whole.resolve("kept").toFile(), folder.toFile());
    } else {
      FileUtils.copyDirectory(folder.toFile(), whole.resolve("kept").toFile());
    }
  }

  private static RunFolder run(Path folder) {
    return RunFolder.of(folder.resolve("run").toString(), new Configuration());
  }

  private static void certify(Path folder) {
    RunFolder run = run(folder);
    new Certificate(
            run,
            new org.apache.hadoop.fs.Path(run.root(), Certificate.FILE),
            java.util.Optional.empty(),
            java.util.Optional.empty())
        .write(java.util.Optional.empty());
  }

  @Test
  void theSameInputsGiveTheSameWeightsAndNothingOfTheRunIsTouched() throws IOException {
    SortedMap<String, String> before = files(folder.resolve("run"));
    String said = verify();
    assertThat(said)
        .startsWith("0 ")
        .contains("unlearn: 2 steps")
        .contains("verify: the corpus is the one that was certified: chunks_sha256 ")
        .contains(
            "verify: model/model.safetensors has the SHA-256 "
                + before.get("model/model.safetensors"))
        .contains("verify: replayed: the same weights")
        .doesNotContain("bits may differ");
    assertThat(files(folder.resolve("run"))).isEqualTo(before);
    assertThat(folder.resolve("run-replay")).doesNotExist();
  }

  @Test
  void otherInputsAreRefusedByNameBeforeAnythingIsTrained() throws IOException {
    Path papers = folder.resolve("data/paper.jsonl");
    String text = Files.readString(papers);
    int at = text.indexOf("\"text\":\"") + 100;
    String flipped = text.substring(0, at) + (char) (text.charAt(at) ^ 1) + text.substring(at + 1);
    Files.writeString(papers, flipped);
    assertThat(verify())
        .startsWith("2 ")
        .contains("its inputs are not those that were certified, so nothing was trained")
        .containsPattern("  chunks_sha256 of the corpus was [0-9a-f]{64}, is [0-9a-f]{64}\n")
        .contains("  document paper-forget-00 of domain paper in split forget has another text\n")
        .doesNotContain("unlearn: 2 steps");
    assertThat(folder.resolve("run-replay")).doesNotExist();

    Path weights = folder.resolve("model/model.safetensors");
    byte[] model = Files.readAllBytes(weights);
    model[model.length - 1] ^= 1;
    Files.write(weights, model);
    assertThat(verify())
        .startsWith("2 ")
        .containsPattern(
            "  the original model had the fingerprint [0-9a-f]{64}, has [0-9a-f]{64}\n")
        .contains("  the start model had the fingerprint ")
        .doesNotContain("prepare: reading");
    model[model.length - 1] ^= 1;
    Files.write(weights, model);
    Files.delete(papers);
    assertThat(verify()).startsWith("2 ").contains("paper.jsonl");
  }

  @Test
  void aRunWhoseFilesAreNotTheCertifiedOnesIsNotTrainedAgain() throws IOException {
    Files.writeString(folder.resolve("run/steps.jsonl"), "{}\n");
    assertThat(verify())
        .startsWith("3 ")
        .contains("  steps.jsonl is not the file that was certified")
        .doesNotContain("prepare: reading");
    assertThat(folder.resolve("run-replay")).doesNotExist();
  }

  @Test
  void otherWeightsDoNotHoldAndOnAnotherProcessorTheLossesDecide() throws IOException {
    Path weights = folder.resolve("run/model/model.safetensors");
    String right = DigestUtils.sha256Hex(Files.readAllBytes(weights));
    byte[] model = Files.readAllBytes(weights);
    model[model.length - 1] ^= 1;
    Files.write(weights, model);
    certify(folder);
    assertThat(verify("--replay-in", folder.resolve("again").toString()))
        .startsWith("3 ")
        .contains(
            "Replayed: other weights, with the same processor, threads, Lethe and PyTorch; what was trained again is in file:"
                + folder.resolve("again"))
        .contains(
            "  model/model.safetensors: certified with the SHA-256 %s, replayed with %s\n"
                .formatted(DigestUtils.sha256Hex(model), right))
        .doesNotContain("the first step of unlearning with other losses");
    assertThat(verify("--replay-in", folder.resolve("again").toString()))
        .startsWith("2 ")
        .contains("it holds a replay that has ended (other weights)");

    changed(
        "run/run.json",
        record ->
            ((ObjectNode) record.path("environments"))
                .put("unlearn", "another processor, 1 threads"));
    changed(
        "run/scores/evaluation.json",
        evaluation ->
            evaluation
                .path("scores")
                .forEach(row -> ((ObjectNode) row).put("nll", row.path("nll").asDouble() + 0.125)));
    certify(folder);
    goesOn();
    assertThat(verify("--replay-in", folder.resolve("again").toString(), "train.micro-batch=2"))
        .startsWith("2 ")
        .contains(
            "which was begun under other conditions (train.micro-batch: was 1, is 2); go on as it was begun, or delete the folder");
    String said = verify("--replay-in", folder.resolve("again").toString());
    assertThat(said)
        .startsWith("0 ")
        .contains("unlearn: finished before")
        .contains(
            "verify: bits may differ, because of the workers of unlearn: was another processor, 1 threads, is ")
        .containsPattern(
            "unlearned  forget       certified \\d\\.\\d{6}  replayed \\d\\.\\d{6}  difference -0\\.125000")
        .contains(
            "verify: replayed: other bits, and the same losses within the tolerance: the largest difference is 0.125000 (")
        .contains("the tolerance 0.150000 nats per token");
    goesOn();
    assertThat(verify("--replay-in", folder.resolve("again").toString(), "--tolerance", "0.1"))
        .startsWith("3 ")
        .contains("evaluate: finished before")
        .contains("Replayed: other losses; what was trained again is in file:")
        .contains("the largest difference is 0.125000 (");
  }

  /** Makes the replay that has ended one of the present certificate that was interrupted. */
  private void goesOn() throws IOException {
    changed(
        "again/replay.json",
        replay -> {
          replay.remove("outcome");
          try {
            replay.put(
                "certificate_sha256",
                DigestUtils.sha256Hex(Files.readAllBytes(folder.resolve("run/certificate.json"))));
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  private void changed(String name, Consumer<ObjectNode> change) throws IOException {
    Path file = folder.resolve(name);
    JsonNode json = new ObjectMapper().readTree(file.toFile());
    change.accept((ObjectNode) json);
    Files.writeString(file, json.toString());
  }

  @Test
  void whatIsWithheldOrWrongIsSaidBeforeSparkIsStarted() {
    String run = folder.resolve("run").toString();
    assertThat(said("verify", "--print-submit", "--replay", run))
        .startsWith("2 run.json withholds values of settings that may be secret")
        .contains("\n  spark.driver.extraJavaOptions\n");
    assertThat(
            said("verify", "--print-submit", "--replay", run, WITHHELD.get(0), WITHHELD.get(1))
                .split("\0"))
        .startsWith("0 spark-submit")
        .contains("spark.master=local[1]")
        .anyMatch(field -> field.startsWith(run + "-replay/spark-local/"));
    assertThat(said("verify", run, "--tolerance", "0.1"))
        .startsWith("2 Cannot verify: --replay-in and --tolerance are for --replay");
    assertThat(said("verify", run, "--replay", "--tolerance", "-1"))
        .startsWith("2 --tolerance must be a number of nats of at least 0, was -1.0");
  }

  private String verify(String... more) {
    String[] own = {"verify", folder.resolve("run").toString(), "--replay"};
    return said(
        Stream.of(Stream.of(own), WITHHELD.stream(), Stream.of(more))
            .flatMap(part -> part)
            .toArray(String[]::new));
  }

  /** The SHA-256 of each file, by its name. */
  private static SortedMap<String, String> files(Path folder) throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(
            folder.relativize(file).toString(), DigestUtils.sha256Hex(Files.readAllBytes(file)));
      }
    }
    return files;
  }
}
