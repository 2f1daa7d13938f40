package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole job on YARN as a user submits it, each of two workers in a container of its own. */
class YarnIT {
  private static final int STEPS = 60;

  /** For Java processes that live for seconds. */
  private static final String QUICKLY =
      "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC";

  @TempDir Path folder;

  private final Residue residue = new Residue(List.of("marker-"));

  @Test
  void bothModesEndWithTheSameBitsThoughAnApplicationMasterIsKilled() throws Exception {
    String conf = runFile();
    try (YarnCluster yarn = new YarnCluster(folder)) {
      Process here = start(yarn, "here", "./submit.sh", "run", conf, "spark.master=yarn");
      end(here, "here");

      Process there = start(yarn, "there", "jobs/yarn.sh", "run", conf);
      await(there, run("there").resolve("checkpoints/unlearn/step-00000005/manifest.json"));
      applicationMaster().destroyForcibly();
      end(there, "there");

      assertSameRuns();
      assertThat(containers(yarn, 1, 1)).hasSize(3);
      assertThat(containers(yarn, 2, 1)).hasSize(3);
      assertThat(containers(yarn, 2, 2)).hasSize(3);
      assertThat(containers(yarn, 2, 2).get(0).resolve("stdout"))
          .content()
          .contains("unlearn: Resuming from the checkpoint of step");
      assertSecretsAreKept(yarn);
    }
  }

  /** A run file made of several, with secrets of every kind. */
  private String runFile() throws IOException {
    SmallRun.in(folder);
    Files.writeString(
        folder.resolve("secrets.conf"),
        """
        define.passphrase = marker-1
        spark.authenticate.secret = marker-2
        spark.hadoop.fs.s3a.secret.key = ${SECRET_OF_THE_TEST}
        """);
    return Files.writeString(
            folder.resolve("yarn.conf"),
            """
            include "small.conf"
            include "secrets.conf"
            run.dir-is-shared = true
            train { workers = 2, steps = %1$d, checkpoint-every = 5 }
            spark.sql.shuffle.partitions = 2
            spark.driver.extraJavaOptions = "%2$s"
            spark.executor.extraJavaOptions = "%2$s"
            """
                .formatted(STEPS, QUICKLY))
        .toString();
  }

  private Path run(String name) {
    return folder.resolve("run-" + name);
  }

  private Path output(String name) {
    return folder.resolve(name + ".log");
  }

  private Process start(YarnCluster yarn, String name, String... command) throws IOException {
    List<String> all = new ArrayList<>(List.of(command));
    all.add("run.dir=" + run(name));
    // YARN has a meaning of its own for two braces, and shells for the rest.
    all.add(
        "corpus.splits={forget={where=\"split = 'forget'\"},approximate={where=\"split = 'approximate'\"},retain={where=\"split = 'retain'\"}}");
    all.add("spark.hadoop.fs.s3a.session.token=${SECRET_OF_THE_TEST}");
    ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
    builder.redirectOutput(output(name).toFile());
    builder.environment().putAll(yarn.environment());
    builder.environment().put("SECRET_OF_THE_TEST", "marker-3");
    builder.environment().put("TMPDIR", Files.createDirectories(folder.resolve("tmp")).toString());
    Path unpacked = BuildFolder.path("djl");
    builder.environment().put("DJL_CACHE_DIR", unpacked.toString());
    return builder.start();
  }

  private void await(Process process, Path file) throws Exception {
    while (process.isAlive() && !Files.exists(file)) {
      residue.arguments();
      process.waitFor(50, TimeUnit.MILLISECONDS);
    }
    assertThat(process.isAlive()).as(Files.readString(output("there"))).isTrue();
  }

  private static ProcessHandle applicationMaster() {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().command().orElse("").endsWith("/java"))
        .filter(
            process ->
                process.info().commandLine().orElse("").contains("deploy.yarn.ApplicationMaster"))
        .findFirst()
        .orElseThrow();
  }

  private void end(Process process, String name) throws Exception {
    do {
      residue.arguments();
    } while (!process.waitFor(200, TimeUnit.MILLISECONDS));
    String said = Files.readString(output(name));
    assertThat(process.exitValue()).as(said).isZero();
    assertThat(said).doesNotContain("marker-");
  }

  private void assertSameRuns() throws IOException {
    assertThat(run("there").resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(run("here").resolve("model/model.safetensors"));
    List<JsonNode> settings = new ArrayList<>();
    for (String name : List.of("here", "there")) {
      List<Integer> steps = new ArrayList<>();
      for (String line : Files.readAllLines(run(name).resolve("steps.jsonl"))) {
        JsonNode record = new ObjectMapper().readTree(line);
        steps.add(record.get("step").asInt());
        assertThat(record.get("wire_bytes").asLong()).isPositive();
      }
      assertThat(steps).containsExactlyElementsOf(IntStream.rangeClosed(1, STEPS).boxed().toList());
      assertThat(run(name).resolve("report/index.html")).exists();
      JsonNode all =
          new ObjectMapper().readTree(run(name).resolve("run.json").toFile()).get("settings");
      assertThat(all.at("/spark/hadoop/fs/s3a/secret/key").asText()).isEqualTo("(hidden)");
      settings.add(all.get("corpus"));
      settings.add(all.get("train"));
    }
    assertThat(settings.subList(2, 4)).isEqualTo(settings.subList(0, 2));
  }

  /** What containers of an attempt logged, the application master's first. */
  private static List<Path> containers(YarnCluster yarn, int application, int attempt)
      throws IOException {
    String name = "container_\\d+_%04d_%02d_\\d+".formatted(application, attempt);
    try (Stream<Path> files = Files.walk(yarn.node())) {
      return files
          .filter(file -> file.getFileName().toString().matches(name))
          .filter(file -> file.toString().contains("logDir"))
          .sorted()
          .toList();
    }
  }

  /**
   * Secrets are nowhere but in what Spark and Lethe ship their settings in, and there nobody else
   * may read them.
   */
  private void assertSecretsAreKept(YarnCluster yarn) throws IOException {
    residue.look(yarn.node());
    residue.look(yarn.staging());
    List<Path> places = new ArrayList<>();
    for (Path place : residue.places()) {
      places.add(Files.exists(place) ? place.toRealPath() : place); // a process has ended
    }
    assertThat(places)
        .allMatch(place -> place.toString().matches(".*/filecache/\\d+/(4|__spark_conf__.zip/.*)"))
        .anyMatch(place -> place.endsWith("4"))
        .allSatisfy(place -> assertThat(readableByOthers(place)).as("%s", place).isFalse());
  }

  private boolean readableByOthers(Path file) throws IOException {
    boolean readable = true;
    for (Path at = file; !at.equals(folder.toRealPath()); at = at.getParent()) {
      Set<PosixFilePermission> modes = Files.getPosixFilePermissions(at);
      readable &=
          modes.contains(
              at.equals(file)
                  ? PosixFilePermission.OTHERS_READ
                  : PosixFilePermission.OTHERS_EXECUTE);
    }
    return readable;
  }
}
