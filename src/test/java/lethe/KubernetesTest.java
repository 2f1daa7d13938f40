package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lethe.console.Console;
import lethe.nightly.Nightly;
import lethe.run.Cluster;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.run.Verb;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The examples for Kubernetes, of which no cluster is here to run them. */
class KubernetesTest {
  private static final Path ON_PROCESSORS = Path.of("jobs/kubernetes.yaml");
  private static final Path ON_GPUS = Path.of("jobs/kubernetes-gpu.yaml");

  @TempDir Path folder;

  @Test
  void theExamplesHaveNoFieldThatTheOperatorDoesNotKnow() throws IOException {
    assertThat(KubernetesSchema.problems(list(ON_PROCESSORS))).isEmpty();
    assertThat(KubernetesSchema.problems(list(ON_GPUS))).isEmpty();
  }

  @Test
  void whatIsMisspeltMistypedOrMissingIsFound() throws IOException {
    String example = Files.readString(ON_PROCESSORS);
    assertThat(
            problems(
                example
                    .replace("mainClass:", "mainclass:")
                    .replace("instances: 4", "instances: \"4\"")
                    .replace("type: OnFailure", "type: onFailure")
                    .replace("spark.driver.port: \"7078\"", "spark.driver.port: 7078")
                    .replace("sparkVersion: ", "#")
                    .replace("kind: ConfigMap", "kind: Configmap")
                    .replace("volumes: [ { name: run", "volumes: [ { nam: run")))
        .containsSubsequence(
            "items[0] must be known kind, was Configmap",
            "items[1].spec.mainclass is not known",
            "items[1].spec.restartPolicy.type must be one Never Always OnFailure, was onFailure",
            "items[1].spec.volumes[0].nam is not known",
            "items[1].spec.volumes[0] has no name",
            "items[1].spec.executor.instances must be integer 1, was 4",
            "items[1].spec has no sparkVersion",
            "items[2].spec.template.mainclass is not known")
        .anyMatch(problem -> problem.startsWith("items[1].spec.sparkConf must be texts, was {"));
  }

  @Test
  void bothFormsAreGivenWhatSubmitGives() throws IOException {
    for (Path example : List.of(ON_PROCESSORS, ON_GPUS)) {
      Map<?, ?> run = application(example);
      RunConfig config = config(example);
      Map<String, String> expected = new HashMap<>(Cluster.protection());
      expected.put("spark.dynamicAllocation.enabled", "false");
      SubmitArguments.environment(config.train().threads())
          .forEach((name, value) -> expected.put("spark.executorEnv." + name, value));
      expected.remove("spark.executorEnv.DJL_CACHE_DIR"); // of this machine; the image has its own
      assertThat(sparkConf(example)).containsAllEntriesOf(expected);
      assertThat(under(run, "executor").get("instances")).isEqualTo(config.train().workers());
      assertThat(under(run, "executor").get("cores")).isEqualTo(config.train().threads());
      Map<String, String> all = sparkConf(example);
      all.put("spark.executor.cores", String.valueOf(under(run, "executor").get("cores")));
      assertThat(
              new Cluster("k8s://https://kubernetes.default.svc", all::getOrDefault)
                  .problems(config.train(), false))
          .isEmpty();
    }
  }

  @Test
  void everyNightIsTheSameApplicationWithTheVerbNightly() throws IOException {
    Map<String, Object> night = new HashMap<>();
    under(item(ON_PROCESSORS, "ScheduledSparkApplication"), "spec", "template")
        .forEach((key, value) -> night.put((String) key, value));
    assertThat(night.put("arguments", List.of("run", "/etc/lethe/run.conf")))
        .isEqualTo(List.of("nightly", "/etc/lethe/nightly.conf"));
    assertThat(night).isEqualTo(application(ON_PROCESSORS));
    Path file =
        Files.writeString(
            folder.resolve("nightly.conf"),
            (String) under(item(ON_PROCESSORS, "ConfigMap"), "data").get("nightly.conf"));
    RunConfig nights =
        new Nightly(Settings.load(file, List.of()), new Console(System.out), Clock.systemUTC())
            .config();
    assertThat(nights.train()).as("the same executors").isEqualTo(config(ON_PROCESSORS).train());
  }

  @Test
  void theFormForGpusIsTheOtherAndGpuConf() throws IOException {
    Map<String, Object> gpu = new TreeMap<>(); // as a run that includes it has it
    Settings.load(Path.of("conf/gpu.conf"), List.of())
        .spark()
        .forEach((key, value) -> gpu.put(key, value));
    Map<String, String> conf = sparkConf(ON_GPUS);
    assertThat(conf).containsAllEntriesOf(sparkConf(ON_PROCESSORS));
    conf.keySet().removeAll(sparkConf(ON_PROCESSORS).keySet());
    assertThat(conf).isEqualTo(gpu);
    Path included = Path.of("conf/gpu.conf").toAbsolutePath();
    Path file = folder.resolve("included.conf");
    Files.writeString(file, text(ON_PROCESSORS) + "\ninclude file(\"" + included + "\")\n");
    assertThat(config(ON_GPUS).train())
        .isEqualTo(RunConfig.read(Verb.RUN, file, List.of()).train());
  }

  /** Spark's own two ports and Lethe's, which are fixed so that a policy can name them. */
  @Test
  void executorsMayConnectToAllPortsOfTheDriver() throws IOException {
    Map<?, ?> policy = under(item(ON_PROCESSORS, "NetworkPolicy"), "spec");
    Map<?, ?> rule = (Map<?, ?>) ((List<?>) policy.get("ingress")).get(0);
    List<String> open =
        ((List<?>) rule.get("ports"))
            .stream().map(port -> String.valueOf(((Map<?, ?>) port).get("port"))).toList();
    for (Path example : List.of(ON_PROCESSORS, ON_GPUS)) {
      Map<String, String> conf = sparkConf(example);
      assertThat(open)
          .containsExactly(
              conf.get("spark.driver.port"),
              conf.get("spark.driver.blockManager.port"),
              String.valueOf(config(example).train().port()));
      for (String role : List.of("driver", "executor")) {
        assertThat(under(application(example), role, "labels").get("app"))
            .as("what policies select")
            .isEqualTo(under(policy, "podSelector", "matchLabels").get("app"));
      }
    }
  }

  @Test
  void imagesAreOfOneSparkAndOfThisVersion() throws IOException {
    String docker = Files.readString(Path.of("Dockerfile"));
    String pom = Files.readString(Path.of("pom.xml"));
    assertThat(only("(?m)^ARG SPARK=(\\d+\\.\\d+)\\.", docker))
        .as("the Spark that the jar is built for unless another line is asked for")
        .isEqualTo(only("<spark.version>(\\d+\\.\\d+)\\.", pom));
    assertThat(only("(?m)^ARG SCALA=(.+)$", docker))
        .isEqualTo(only("<scala.line>(.+?)</scala.line>", pom));
    String version = only("<version>(.+?)(?:-SNAPSHOT)?</version>", pom);
    for (Path example : List.of(ON_PROCESSORS, ON_GPUS)) {
      Map<?, ?> run = application(example);
      assertThat(run.get("sparkVersion")).isEqualTo(only("(?m)^ARG SPARK=(.+)$", docker));
      assertThat(run.get("image")).isEqualTo("registry.example/lethe:" + version);
    }
    assertThat(under(application(ON_GPUS), "executor").get("image"))
        .isEqualTo("registry.example/lethe:" + version + "-gpu");
    for (Object image : List.of(version, version + "-gpu")) {
      assertThat(docker).contains("--tag registry.example/lethe:" + image + " ");
    }
  }

  private static List<String> problems(String yaml) throws IOException {
    return KubernetesSchema.problems(new Yaml().load(yaml));
  }

  private static Map<?, ?> list(Path example) throws IOException {
    return new Yaml().load(Files.readString(example));
  }

  /** The first of a kind. */
  private static Map<?, ?> item(Path example, String kind) throws IOException {
    Stream<?> items = ((List<?>) list(example).get("items")).stream();
    return items
        .map(item -> (Map<?, ?>) item)
        .filter(item -> item.get("kind").equals(kind))
        .findFirst()
        .orElseThrow();
  }

  private static Map<?, ?> application(Path example) throws IOException {
    return under(item(example, "SparkApplication"), "spec");
  }

  private static Map<String, String> sparkConf(Path example) throws IOException {
    Map<String, String> conf = new TreeMap<>();
    under(application(example), "sparkConf")
        .forEach((key, value) -> conf.put((String) key, (String) value));
    return conf;
  }

  private static String text(Path example) throws IOException {
    return (String) under(item(example, "ConfigMap"), "data").get("run.conf");
  }

  private RunConfig config(Path example) throws IOException {
    Path file = Files.writeString(folder.resolve("run.conf"), text(example));
    return RunConfig.read(Verb.RUN, file, List.of());
  }

  private static Map<?, ?> under(Object node, String... path) {
    Map<?, ?> at = (Map<?, ?>) node;
    for (String key : path) {
      at = (Map<?, ?>) at.get(key);
    }
    return at;
  }

  /** The group of the first match. */
  private static String only(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher.group(1);
  }
}
