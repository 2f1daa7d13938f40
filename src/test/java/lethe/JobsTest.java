package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the examples in jobs/ hand on, where there is no such cluster to run them on. */
class JobsTest {
  @TempDir Path folder;

  @Test
  void kubernetesIsGivenWhatSubmitGives() throws IOException {
    String yaml = Files.readString(Path.of("jobs/kubernetes.yaml"));
    Cluster.protection()
        .forEach((key, value) -> assertThat(yaml.replace("\"", "")).contains(key + ": " + value));
    SubmitArguments.environment(8)
        .forEach(
            (name, value) ->
                assertThat(yaml.replace("\"", ""))
                    .containsPattern("spark.executorEnv." + name + ": " + value));
  }

  @Test
  void yarnGetsTheRunFileAndNoPlaintext() throws Exception {
    Path spark = folder.resolve("spark");
    Files.createDirectories(spark.resolve("jars"));
    Files.createDirectories(spark.resolve("bin"));
    Files.createFile(spark.resolve("jars/spark-core_2.12-3.5.7.jar"));
    // Stands for Spark's own: says what it is told. The Java before it says what Lethe makes of the
    // settings.
    executable(spark.resolve("bin/spark-submit"), "printf '%s\\n' \"$@\"");
    Path java = folder.resolve("bin");
    Files.createDirectories(java);
    executable(
        java.resolve("java"),
        "printf '%s\\0' --conf spark.master=yarn --conf spark.submit.deployMode=cluster");
    Path home = folder.resolve("lethe");
    Files.createDirectories(home.resolve("target/lib"));
    Files.createDirectories(home.resolve("jobs"));
    Files.createDirectories(home.resolve("src/main"));
    Files.createFile(home.resolve("pom.xml"));
    Files.copy(Path.of("submit.sh"), home.resolve("submit.sh"));
    Files.copy(Path.of("jobs/yarn.sh"), home.resolve("jobs/yarn.sh"));
    Files.createFile(home.resolve("target/lib/a.jar"));
    Files.createFile(home.resolve("target/lethe.jar"));
    for (String script : List.of("submit.sh", "jobs/yarn.sh")) {
      Files.setPosixFilePermissions(
          home.resolve(script), PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Path conf = Files.writeString(folder.resolve("my.conf"), "");
    ProcessBuilder builder =
        new ProcessBuilder(
                home.resolve("jobs/yarn.sh").toString(),
                "run",
                conf.toString(),
                "run.dir=hdfs:///r")
            .redirectErrorStream(true);
    builder.environment().put("SPARK_HOME", spark.toString());
    builder.environment().put("HADOOP_CONF_DIR", folder.toString());
    builder.environment().merge("PATH", java.toString(), (old, own) -> own + ":" + old);
    Process process = builder.start();
    String told =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(told).isZero();
    assertThat(told.lines())
        .containsSequence("--files", conf.toString(), "--class", "lethe.Main")
        .containsSequence(
            home.resolve("target/lethe.jar").toRealPath().toString(),
            "run",
            "my.conf",
            "spark.master=yarn",
            "spark.submit.deployMode=cluster",
            "spark.yarn.maxAppAttempts=1",
            "run.dir=hdfs:///r");
  }

  @Test
  void onAClusterEverythingIsProtectedUnlessToldOtherwise() throws IOException {
    Path conf = SmallRun.in(folder);
    List<String> cluster = List.of("spark.master=yarn", "train.workers=3", "train.threads=2");
    List<String> arguments = SubmitArguments.of(Job.read(Verb.RUN, conf, cluster));
    Cluster.protection().forEach((key, value) -> assertThat(arguments).contains(key + "=" + value));
    assertThat(arguments)
        .contains(
            "spark.executor.instances=3",
            "spark.cores.max=6",
            "spark.executorEnv.MKL_CBWR=AUTO,STRICT",
            "spark.yarn.appMasterEnv.OPT_OUT_TRACKING=true");
    Job plain =
        Job.read(
            Verb.RUN,
            conf,
            List.of("spark.master=yarn", "security.plaintext=true", "train.threads=2"));
    assertThat(SubmitArguments.of(plain)).noneMatch(a -> a.contains("crypto"));
    assertThat(SubmitArguments.of(Job.read(Verb.RUN, conf, List.of())))
        .as("in one process")
        .noneMatch(a -> a.contains("crypto"));
  }

  private static void executable(Path file, String body) throws IOException {
    Files.writeString(file, "#!/usr/bin/env bash\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
