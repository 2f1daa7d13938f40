package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.run.SubmitArguments;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Dockerfile says, done in a folder: no Docker has to be here. */
class ImageIT {
  private static final Path EMBEDDED = Path.of("target/spark/jars");

  /** What submit.sh sets for the embedded Spark, or for the machine that it runs on. */
  private static final String NOT_OF_A_POD =
      "SPARK_.*|LETHE_(EMBEDDED|CLASSPATH|CLASS_ARCHIVE|TERMINAL)";

  private static final Pattern EXPORTED = Pattern.compile("\\s([A-Z][A-Z_]*)=");

  @TempDir Path root;

  @Test
  void aPodFindsAllThatARunNeeds() throws Exception {
    List<String> lines = new ArrayList<>(stage("base"));
    lines.addAll(stage("cpu"));
    sparkWithoutConnector();
    build(lines);

    assertThat(names(root.resolve("opt/spark/jars")))
        .as("Spark's own, and what the connector to S3 needs")
        .isEqualTo(
            names(EMBEDDED).stream()
                .map(name -> name.replaceFirst("^commons-lang3-.*", "commons-lang3-99.jar"))
                .collect(Collectors.toCollection(TreeSet::new)));
    assertThat(root.resolve("opt/lethe/lethe.jar")).exists();
    assertThat(names(root.resolve("opt/lethe"))).containsAll(names(Path.of("target/lib")));
    assertThat(root.resolve("opt/lethe/conf/log4j2.properties")).exists();

    Map<String, Long> unpacked = files(root.resolve("opt/lethe/djl"));
    assertThat(unpacked.keySet())
        .anyMatch(name -> name.endsWith("/libtorch_cpu.so"))
        .anyMatch(name -> name.endsWith("-libdjl_torch.so"))
        .anyMatch(name -> name.endsWith("/libtokenizers.so"));
    run(
        lines.stream().filter(line -> line.startsWith("RUN java")).findFirst().orElseThrow(),
        lines);
    assertThat(files(root.resolve("opt/lethe/djl")))
        .as("a pod unpacks nothing")
        .isEqualTo(unpacked);
  }

  @Test
  void processesHaveWhatSubmitSets() throws IOException {
    Map<String, String> expected = new TreeMap<>(SubmitArguments.environment(1));
    expected.remove("OMP_NUM_THREADS"); // of the run
    expected.remove("DJL_CACHE_DIR"); // of this machine
    expected.put("LC_ALL", "C.UTF-8");
    expected.put("LETHE_LOG", "info");
    Map<String, String> own = environment(stage("base"));
    assertThat(own).containsAllEntriesOf(expected);
    List<String> exported =
        Files.readAllLines(Path.of("submit.sh")).stream()
            .filter(line -> line.contains("export "))
            .map(line -> line.substring(line.indexOf("export ") + "export".length()))
            .flatMap(line -> EXPORTED.matcher(line).results().map(found -> found.group(1)))
            .filter(name -> !name.matches(NOT_OF_A_POD))
            .toList();
    assertThat(exported).isNotEmpty();
    assertThat(own.keySet()).containsAll(exported);
  }

  @Test
  void executorsWithGpusFindPyTorchWhereGpuConfSays() throws IOException {
    Map<String, String> gpu = environment(stage("gpu"));
    gpu.remove("DJL_CACHE_DIR");
    Map<String, String> expected = new TreeMap<>();
    Settings.load(Path.of("conf/gpu.conf"), List.of())
        .spark()
        .forEach(
            (key, value) -> {
              if (key.startsWith("spark.executorEnv.")) {
                expected.put(key.substring("spark.executorEnv.".length()), value);
              }
            });
    assertThat(gpu).isNotEmpty().isEqualTo(expected);
  }

  @Test
  void noPodRunsAsRoot() throws IOException {
    for (String stage : List.of("gpu", "cpu")) {
      List<String> lines = stage(stage);
      assertThat(lines.get(lines.size() - 1)).matches("USER [1-9][0-9]*");
    }
  }

  /** The embedded Spark as one that has no connector, and one library in another version. */
  private void sparkWithoutConnector() throws IOException {
    Path jars = Files.createDirectories(root.resolve("opt/spark/jars"));
    for (String name : names(EMBEDDED)) {
      if (!name.contains("aws")) {
        String here = name.replaceFirst("^commons-lang3-.*", "commons-lang3-99.jar");
        Files.createSymbolicLink(jars.resolve(here), EMBEDDED.resolve(name).toAbsolutePath());
      }
    }
  }

  /** Does what a Dockerfile's instructions say. */
  private void build(List<String> lines) throws Exception {
    for (String line : lines) {
      if (line.startsWith("COPY ")) {
        copy(List.of(line.substring("COPY ".length()).split(" ")));
      } else if (line.startsWith("RUN ")) {
        run(line, lines);
      }
    }
  }

  /** Links files, and the files in folders, as COPY copies them. */
  private void copy(List<String> paths) throws IOException {
    Path into = root.resolve(paths.get(paths.size() - 1).substring(1));
    Files.createDirectories(into);
    for (String source : paths.subList(0, paths.size() - 1)) {
      sent(source);
      try (Stream<Path> files =
          Files.isDirectory(Path.of(source))
              ? Files.list(Path.of(source))
              : Stream.of(Path.of(source))) {
        for (Path file : files.toList()) {
          Files.createSymbolicLink(into.resolve(file.getFileName()), file.toAbsolutePath());
        }
      }
    }
  }

  /** Docker gets of a checkout what .dockerignore does not leave out. */
  private static void sent(String source) throws IOException {
    assertThat(Path.of(source)).exists();
    assertThat(Files.readAllLines(Path.of(".dockerignore"))).startsWith("*").contains("!" + source);
  }

  private void run(String line, List<String> stage) throws Exception {
    String command = line.substring("RUN ".length());
    var mount = Pattern.compile("^--mount=type=bind,source=(\\S+),target=(\\S+) ").matcher(command);
    if (mount.find()) {
      sent(mount.group(1));
      String mounted = Path.of(mount.group(1)).toAbsolutePath().toString();
      command = command.substring(mount.end()).replace(mount.group(2) + "/", mounted + "/");
    }
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", command.replace("/opt/", root + "/opt/"))
            .redirectErrorStream(true);
    String java = Path.of(System.getProperty("java.home"), "bin").toString();
    builder.environment().merge("PATH", java, (old, own) -> own + ":" + old);
    environment(stage)
        .forEach(
            (name, value) ->
                builder.environment().put(name, value.replace("/opt/", root + "/opt/")));
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(command + "\n" + said).isZero();
  }

  private static Map<String, String> environment(List<String> stage) {
    Map<String, String> environment = new HashMap<>();
    stage.stream()
        .filter(line -> line.startsWith("ENV "))
        .map(line -> line.substring("ENV ".length()).split("=", 2))
        .forEach(pair -> environment.put(pair[0], pair[1]));
    return environment;
  }

  /**
   * The instructions of a stage but its first, each on one line.
   *
   * @param name as its FROM has it
   */
  private static List<String> stage(String name) throws IOException {
    Map<String, List<String>> stages = new LinkedHashMap<>();
    List<String> current = new ArrayList<>();
    String file = Files.readString(Path.of("Dockerfile")).replaceAll("(?m)^ *#.*\n", "");
    file = file.replace("${BUILD}", "target"); // as by default
    for (String line : file.replaceAll("\\\\\n\\s*", "").lines().toList()) {
      if (line.startsWith("FROM ")) {
        current = stages.computeIfAbsent(line, from -> new ArrayList<>());
      } else if (!line.isBlank()) {
        current.add(line);
      }
    }
    return stages.entrySet().stream()
        .filter(stage -> stage.getKey().endsWith(" AS " + name))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** With when they were last changed. */
  private static Map<String, Long> files(Path folder) throws IOException {
    Map<String, Long> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        found.put(file.toString(), Files.getLastModifiedTime(file).toMillis());
      }
    }
    return found;
  }
}
