package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import lethe.run.Cluster;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.run.Verb;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the examples in jobs/ hand on, where there is no such cluster to run them on. */
class JobsTest {
  @TempDir Path folder;

  @Test
  void yarnGetsAllSettingsInAFileWithoutAName() throws Exception {
    Path spark = folder.resolve("spark");
    Files.createDirectories(spark.resolve("jars"));
    Files.createDirectories(spark.resolve("bin"));
    Files.createFile(spark.resolve("jars/spark-core_2.13-4.2.0.jar"));
    // Stands for Spark's own: says what it is told. The Java before it says what Lethe makes of the
    // settings.
    executable(
        spark.resolve("bin/spark-submit"),
        "printf '%s\\n' \"$@\"; [ \"$1$3\" = --properties-file--files ] && sed 's/^/read: /' \"$2\" \"${4%,own}\"");
    Path java = folder.resolve("bin");
    Files.createDirectories(java);
    executable(
        java.resolve("java"),
        "printf '%s\\0' spark-submit '' 'spark.a=marker' 'shipped marker' spark.a=marker spark.files=own spark.jars=o.jar \"$MODE\"");
    Path home = checkout();
    Files.createDirectories(home.resolve("jobs"));
    Files.copy(
        Path.of("jobs/yarn.sh"), home.resolve("jobs/yarn.sh"), StandardCopyOption.COPY_ATTRIBUTES);
    Path conf = Files.writeString(folder.resolve("my.conf"), "");
    Files.createDirectories(spark.resolve("conf"));
    Files.writeString(spark.resolve("conf/spark-defaults.conf"), "spark.default true");
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
    builder.environment().put("MODE", "spark.submit.deployMode=cluster");
    Process process = builder.start();
    String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(told).isZero();
    assertThat(told.lines())
        .as("defaults first, so that settings win")
        .containsSequence(
            "read: spark.default true", "read: spark.a=marker", "read: shipped marker")
        .doesNotContain("spark.a=marker", "shipped marker", "run.dir=hdfs:///r")
        .containsSequence(
            "--files",
            "/dev/fd/4,own",
            "--jars",
            home.toRealPath() + "/target/lib/a.jar,o.jar",
            "--class",
            "lethe.Main",
            home.toRealPath() + "/target/lethe.jar",
            "run",
            "--shipped",
            "4");

    Path defaults = spark.resolve("conf/spark-defaults.conf");
    Files.writeString(defaults, "spark.submit.deployMode  cluster");
    assertThat(builder.start().waitFor()).as("a mode that is known").isZero();
    builder.environment().remove("MODE");
    Process unknown = builder.start();
    assertThat(unknown.inputReader().lines())
        .containsExactly(
            "Cannot submit: %s sets spark.submit.deployMode=cluster, for which Lethe must prepare the settings. Say which mode you want in the run file: spark.submit.deployMode = cluster, or client."
                .formatted(defaults));
    assertThat(unknown.waitFor()).isEqualTo(2);
  }

  /** A checkout that was built, of one source. */
  private Path checkout() throws IOException {
    Path home = folder.resolve("lethe");
    Files.createDirectories(home.resolve("target/lib"));
    Files.createDirectories(home.resolve("src/main"));
    Files.createFile(home.resolve("pom.xml"));
    Files.writeString(home.resolve("src/main/A.java"), "class A {}");
    Files.copy(Path.of("submit.sh"), home.resolve("submit.sh"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.createFile(home.resolve("target/lib/a.jar"));
    Files.createFile(home.resolve("target/lethe.jar"));
    return home;
  }

  @Test
  void submitIsFoundThroughALink() throws Exception {
    checkout();
    Files.createSymbolicLink(folder.resolve("one"), Path.of("lethe/submit.sh"));
    Path link = Files.createSymbolicLink(folder.resolve("two"), folder.resolve("one"));
    program("java", "printf '%s\\n' \"$@\"");
    assertThat(submitted(link, Map.of(), "--version"))
        .contains(folder.toRealPath().resolve("lethe") + "/target/lethe.jar:")
        .contains("--version");
  }

  @Test
  void aCopyIsBuiltAnewOnlyWhereItsContentIsOther() throws Exception {
    Path home = checkout();
    program("java", "echo ran");
    program("mvn", "echo built");
    Path source = home.resolve("src/main/A.java");
    FileTime later = FileTime.from(Instant.now().plusSeconds(60));
    assertThat(submitted(home.resolve("submit.sh"), Map.of(), "--help")).isEqualTo("ran\n");
    Files.setLastModifiedTime(source, later);
    assertThat(submitted(home.resolve("submit.sh"), Map.of(), "--help")).isEqualTo("ran\n");
    Files.writeString(source, "class A { int other; }");
    Files.setLastModifiedTime(source, later);
    assertThat(submitted(home.resolve("submit.sh"), Map.of(), "--help"))
        .isEqualTo(
            "Building target/lethe.jar with Maven, since src/main/A.java is newer than target/lethe.jar ...\nbuilt\nran\n");
  }

  @Test
  void theSparkThatIsFoundDecidesWhichBuildIsUsed() throws Exception {
    Path home = checkout();
    Path submit = home.resolve("submit.sh");
    program("java", "for a; do case $a in *lethe.jar:*) echo \"${a%%:*}\" ;; esac; done");
    program("mvn", "mkdir -p target-3.5/lib; echo mvn \"$@\"");
    assertThat(submitted(submit, spark("2.13-4.1.1"), "--help"))
        .isEqualTo(home.toRealPath() + "/target/lethe.jar\n");
    String jar = home.toRealPath() + "/target-3.5/lethe.jar\n";
    assertThat(submitted(submit, spark("2.12-3.5.3"), "--help"))
        .isEqualTo(
            "Building target-3.5/lethe.jar with Maven, since there is no target-3.5/lethe.jar ...\nmvn -q -B -ntp -P spark-3.5 -DskipTests package\n"
                + jar);
    assertThat(submitted(submit, spark("2.12-3.5.3"), "--help")).isEqualTo(jar);
    Map<String, String> other = spark("2.13-3.5.3");
    assertThat(submitted(submit, other, "--help"))
        .isEqualTo(
            "Cannot use SPARK_HOME="
                + other.get("SPARK_HOME")
                + ": Lethe needs Spark 4 with Scala 2.13, or Spark 3.5 with Scala 2.12; found spark-core_2.13-3.5.3.jar. Unset SPARK_HOME to use the embedded Spark.\n");
  }

  /** What has no sources cannot be built: a release is for one line of Spark. */
  @Test
  void aReleaseForAnotherSparkSaysHowTheRightOneIsMade() throws Exception {
    Path home = checkout();
    Files.delete(home.resolve("pom.xml"));
    Files.setLastModifiedTime(
        home.resolve("src/main/A.java"), FileTime.from(Instant.now().plusSeconds(60)));
    program("java", "echo ran");
    assertThat(submitted(home.resolve("submit.sh"), spark("2.13-4.0.2"), "--help"))
        .isEqualTo("ran\n");
    assertThat(submitted(home.resolve("submit.sh"), spark("2.12-3.5.3"), "--help"))
        .isEqualTo(
            "Cannot run: there is no target-3.5/lethe.jar, and there are no sources to make it from. For Spark 3.5 it is made in a checkout of Lethe by: mvn -q -B -ntp -P spark-3.5 -DskipTests package\n");
  }

  @Test
  void anOlderJavaIsRefusedInOneLine() throws Exception {
    Path submit = checkout().resolve("submit.sh");
    program("java", "echo ran");
    Path release = Files.writeString(folder.resolve("release"), "JAVA_VERSION=\"11.0.20\"\n");
    assertThat(submitted(submit, Map.of(), "--help"))
        .startsWith("Cannot run: Lethe needs Java 17 or later, and there is ")
        .contains("/bin/java, Java 11 on the PATH.");
    Files.writeString(release, "JAVA_VERSION=\"21.0.1\"\n");
    assertThat(submitted(submit, Map.of(), "--help")).isEqualTo("ran\n");
  }

  /** The environment with a Spark of this Scala and version. */
  private Map<String, String> spark(String version) throws IOException {
    Path jars = Files.createDirectories(folder.resolve("spark-" + version).resolve("jars"));
    Files.writeString(jars.resolve("spark-core_" + version + ".jar"), "");
    return Map.of("SPARK_HOME", jars.getParent().toString());
  }

  @Test
  void namesOfFilesAreUnicodeWhateverTheLocale() throws Exception {
    Path submit = checkout().resolve("submit.sh");
    program("java", "echo \"$LC_ALL\"");
    assertThat(submitted(submit, Map.of("LC_ALL", "C"), "--help")).isEqualTo("C.UTF-8\n");
    assertThat(submitted(submit, Map.of("LC_ALL", "", "LANG", "POSIX"), "--help"))
        .isEqualTo("C.UTF-8\n");
    assertThat(submitted(submit, Map.of("LC_ALL", "C.utf8"), "--help")).isEqualTo("C.utf8\n");
  }

  @Test
  void aUserWithoutANameIsToldBeforeHadoopFails() throws Exception {
    Path submit = checkout().resolve("submit.sh");
    program("id", "[ \"$1\" != -un ] && echo 12345");
    assertThat(submitted(submit, Map.of(), "--help"))
        .startsWith("Cannot start Spark: the user with the id 12345 has no name here")
        .contains("echo \"lethe:x:12345:12345::/tmp:/bin/sh\" >>/etc/passwd");
  }

  /** Puts a program of our own before the machine's. */
  private void program(String name, String body) throws IOException {
    Files.createDirectories(folder.resolve("bin"));
    executable(folder.resolve("bin").resolve(name), body);
  }

  private String submitted(Path submit, Map<String, String> environment, String argument)
      throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(submit.toString(), argument).redirectErrorStream(true);
    builder.environment().remove("SPARK_HOME");
    builder.environment().putAll(environment);
    builder.environment().merge("PATH", folder.resolve("bin").toString(), (a, b) -> b + ":" + a);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }

  @Test
  void onAClusterEverythingIsProtectedUnlessToldOtherwise() throws IOException {
    Path conf = SmallRun.in(folder);
    List<String> cluster = List.of("spark.master=yarn", "train.workers=3", "train.threads=2");
    assertThat(SubmitArguments.of(RunConfig.read(Verb.RUN, conf, cluster)))
        .containsAllEntriesOf(Cluster.protection())
        .containsEntry("spark.executor.instances", "3")
        .containsEntry("spark.cores.max", "6")
        .containsEntry("spark.executorEnv.MKL_CBWR", "AUTO,STRICT")
        .containsEntry("spark.yarn.appMasterEnv.OPT_OUT_TRACKING", "true");
    RunConfig plain =
        RunConfig.read(
            Verb.RUN,
            conf,
            List.of("spark.master=yarn", "security.plaintext=true", "train.threads=2"));
    assertThat(SubmitArguments.of(plain))
        .doesNotContainKeys("spark.network.crypto.enabled", "spark.io.encryption.enabled");
    assertThat(SubmitArguments.of(RunConfig.read(Verb.RUN, conf, List.of())))
        .as("in one process: no traffic, but files")
        .doesNotContainKey("spark.network.crypto.enabled")
        .containsEntry("spark.io.encryption.enabled", "true");
  }

  private static void executable(Path file, String body) throws IOException {
    Files.writeString(file, "#!/usr/bin/env bash\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
