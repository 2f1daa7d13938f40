package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real standalone cluster, as jobs/standalone.sh starts it: a master and two workers, all
 * encrypted.
 */
class StandaloneIT {
  @TempDir Path folder;

  @Test
  void aMachineThatIsLostForGoodChangesNothingButTheNumberOfWorkers() throws Exception {
    Path conf = SmallRun.in(folder);
    String[] train = {
      "train.steps=90",
      "train.checkpoint-every=5",
      "train.recovery-timeout=3s",
      "train.bucket-kib=4"
    };
    SubmitIT.Submitted prepared = SubmitIT.submit(with(train, "prepare", conf.toString()));
    assertThat(prepared.code()).as(prepared.output()).isZero();
    for (String name : List.of("alone", "cluster")) {
      copy(folder.resolve("run"), folder.resolve(name));
      Files.delete(folder.resolve(name).resolve("run.json"));
    }
    SubmitIT.Submitted alone =
        SubmitIT.submit(
            with(train, "unlearn", conf.toString(), "run.dir=" + folder.resolve("alone")));
    assertThat(alone.code()).as(alone.output()).isZero();

    List<String> command = new ArrayList<>(List.of("jobs/standalone.sh"));
    command.addAll(
        List.of(
            with(
                train,
                "unlearn",
                conf.toString(),
                "run.dir=" + folder.resolve("cluster"),
                "train.workers=2",
                "spark.executor.memory=1g")));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PORT", String.valueOf(freePort()));
    builder.environment().put("KEEP_LOGS", folder.toString());
    Process script = builder.start();
    StringBuilder said = new StringBuilder();
    Thread reader =
        new Thread(
            () -> script.inputReader().lines().forEach(line -> said.append(line).append('\n')));
    reader.start();
    Path checkpoint = folder.resolve("cluster/checkpoints/unlearn/step-00000005/manifest.json");
    while (script.isAlive() && !Files.exists(checkpoint)) {
      script.waitFor(50, TimeUnit.MILLISECONDS);
    }
    // The machine of one worker: Spark's daemon first, so that nothing is started again.
    ProcessHandle daemon =
        script
            .descendants()
            .filter(p -> p.info().commandLine().orElse("").contains("deploy.worker.Worker"))
            .min(Comparator.comparing(ProcessHandle::pid))
            .orElseThrow(() -> new AssertionError(said.toString()));
    List<ProcessHandle> executors = daemon.descendants().toList();
    assertThat(executors).as("executors of the machine").isNotEmpty();
    daemon.destroyForcibly();
    executors.forEach(ProcessHandle::destroyForcibly);
    assertThat(script.waitFor()).as(said.toString()).isZero();
    reader.join();

    assertThat(said.toString()).contains("it resumes from there with 1 workers");
    assertThat(Files.readAllBytes(folder.resolve("cluster/model/model.safetensors")))
        .isEqualTo(Files.readAllBytes(folder.resolve("alone/model/model.safetensors")));
    List<Integer> steps = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("cluster/steps.jsonl"))) {
      JsonNode record = new ObjectMapper().readTree(line);
      steps.add(record.get("step").asInt());
      assertThat(record.get("wire_bytes").asLong()).isPositive();
    }
    assertThat(steps).containsExactlyElementsOf(IntStream.rangeClosed(1, 90).boxed().toList());
    assertThat(Files.readString(folder.resolve("cluster/run.json")))
        .contains("\"authenticate\"", "(hidden)");
  }

  private static String[] with(String[] pairs, String... first) {
    return Stream.concat(Stream.of(first), Stream.of(pairs)).toArray(String[]::new);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }
}
