package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lethe.SmallRun;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
  @TempDir Path folder;
  private String host;
  private long dead;

  @BeforeEach
  void aProcessThatEnded() throws Exception {
    host = InetAddress.getLocalHost().getHostName();
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    dead = process.pid();
  }

  @Test
  void inARunFolderWhoseLeaseItHasADriverDeletesWhatNoLiveOneHas() throws IOException {
    assertThat(leftIn(folder.resolve("run/spark-local")))
        .containsExactlyInAnyOrder(own(), alive(), "other");
  }

  @Test
  void amongAMachinesTemporaryFilesThoseOfOtherHostsStay() throws IOException {
    assertThat(leftIn(folder.resolve("lethe-user")))
        .containsExactlyInAnyOrder(own(), alive(), "elsewhere-3-1", "other");
  }

  /** What one driver leaves of folders of several. */
  private List<String> leftIn(Path place) throws IOException {
    String sameProcess = "%s-%d-1".formatted(host, ProcessHandle.current().pid());
    String killed = "%s-%d-1".formatted(host, dead);
    for (String name : List.of(own(), sameProcess, killed, alive(), "elsewhere-3-1", "other")) {
      Files.createDirectories(place.resolve(name));
      Files.writeString(place.resolve(name).resolve("block"), "text");
    }
    new TemporaryFolder(place.resolve(own())).sweep();
    try (Stream<Path> left = Files.list(place)) {
      return left.map(path -> path.getFileName().toString()).toList();
    }
  }

  private String own() {
    return "%s-%d-2".formatted(host, ProcessHandle.current().pid());
  }

  private String alive() {
    long parent = ProcessHandle.current().parent().orElseThrow().pid();
    return "%s-%d-1".formatted(host, parent);
  }

  @Test
  void itIsInTheRunFolderWhereThatIsOnThisMachineAndWrittenTo() throws IOException {
    assertThat(placeOf(Verb.UNLEARN)).isEqualTo(folder.resolve("run/spark-local"));
    assertThat(placeOf(Verb.UNLEARN, "run.dir=relative"))
        .isEqualTo(Path.of("relative/spark-local").toAbsolutePath());
    for (String elsewhere :
        List.of(
            "run.dir=s3a://bucket/run",
            "spark.hadoop.fs.defaultFS=hdfs://host:9000",
            "run.dir-is-shared=true",
            "dry-run=true",
            "run.dir=/one,two")) {
      assertThat(placeOf(Verb.UNLEARN, elsewhere)).as(elsewhere).hasFileName(machine());
    }
    assertThat(placeOf(Verb.PREFLIGHT)).hasFileName(machine());
  }

  private static String machine() {
    return "lethe-" + System.getProperty("user.name");
  }

  private Path placeOf(Verb verb, String... pairs) throws IOException {
    Path conf = folder.resolve("small.conf");
    if (!Files.exists(conf)) {
      SmallRun.in(folder);
    }
    return SubmitArguments.temporaryFolder(RunConfig.parse(verb, conf, List.of(pairs)))
        .orElseThrow()
        .path()
        .getParent();
  }

  @Test
  void aDriverOnAClusterHasWhatTheClusterGivesIt() throws IOException {
    Path conf = SmallRun.in(folder);
    for (String pair : List.of("spark.submit.deployMode=cluster", "spark.master=k8s://host")) {
      assertThat(SubmitArguments.temporaryFolder(RunConfig.parse(Verb.RUN, conf, List.of(pair))))
          .isEmpty();
    }
  }
}
