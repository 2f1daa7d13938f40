package lethe.nightly;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.request.RequestState;
import lethe.settings.Settings;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/**
 * The examples of schedulers: what each calls, and two nights in a row with the run file that it
 * names, whose paths are put on this machine.
 */
class SchedulersTest {
  @TempDir Path folder;
  private SmallNights small;
  private QuickStages stages;

  @BeforeEach
  void emptyNights() throws IOException {
    small = SmallNights.in(folder, "crash-disk");
    stages = QuickStages.over(folder.resolve("data/paper.jsonl"));
  }

  @Test
  void cronCallsNightlyEveryNight() throws Exception {
    String line =
        Files.readAllLines(Path.of("jobs/crontab")).stream()
            .filter(l -> l.contains(" nightly "))
            .findFirst()
            .orElseThrow();
    assertThat(line).startsWith("17 1 * * * ");
    String command = line.substring("17 1 * * * ".length());
    assertThat(called("LETHE=" + home(0) + "; " + command))
        .containsExactly("nightly conf/nightly.conf");
    assertThat(called("LETHE=" + home(3) + "; " + command))
        .containsExactly("nightly conf/nightly.conf", "lethe ended with 3");
    twoNights(Path.of("conf/nightly.conf"));
  }

  @Test
  void kubernetesCallsNightlyEveryNight() throws Exception {
    Map<?, ?> list = new Yaml().load(Files.readString(Path.of("jobs/kubernetes.yaml")));
    Map<?, ?> config = item(list, "ConfigMap");
    Map<?, ?> nights = (Map<?, ?>) item(list, "ScheduledSparkApplication").get("spec");
    assertThat(nights.get("schedule")).isEqualTo("17 1 * * *");
    assertThat(nights.get("concurrencyPolicy")).isEqualTo("Forbid");
    assertThat(((Map<?, ?>) nights.get("template")).get("arguments"))
        .isEqualTo(List.of("nightly", "/etc/lethe/nightly.conf"));
    twoNights(
        Files.writeString(
            folder.resolve("of-kubernetes.conf"),
            (String) ((Map<?, ?>) config.get("data")).get("nightly.conf")));
  }

  private static Map<?, ?> item(Map<?, ?> list, String kind) {
    return ((List<?>) list.get("items"))
        .stream()
            .map(item -> (Map<?, ?>) item)
            .filter(item -> kind.equals(item.get("kind")))
            .findFirst()
            .orElseThrow();
  }

  /** With a module of our own in the place of Airflow's, which says what it is given. */
  @Test
  void airflowCallsNightlyEveryNight() throws Exception {
    module("airflow/exceptions.py", "class AirflowFailException(Exception): pass");
    module(
        "airflow/models/dag.py",
        """
        class DAG:
            def __init__(self, **how): print("dag", how["schedule"], how["catchup"], how["max_active_runs"])
            def __enter__(self): return self
            def __exit__(self, *why): return False
        """);
    module(
        "airflow/operators/python.py",
        """
        class PythonOperator:
            def __init__(self, task_id, python_callable):
                for home in HOMES:
                    python_callable.__globals__["HOME"] = home
                    try:
                        python_callable()
                        print(task_id, "done")
                    except Exception as e:
                        print(type(e).__name__, e)
        """
            .replace("HOMES", "['%s', '%s', '%s']".formatted(home(0), home(1), home(3))));
    String python = "PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=" + folder.resolve("python");
    assertThat(called(python + " python3 -u jobs/airflow_dag.py"))
        .containsExactly(
            "dag 17 1 * * * False 1",
            "nightly conf/nightly.conf",
            "nightly done",
            "nightly conf/nightly.conf",
            "RuntimeError nightly ended with 1; the next try goes on where it was",
            "nightly conf/nightly.conf",
            "AirflowFailException nightly ended with 3, as its output says");
  }

  private void module(String name, String text) throws IOException {
    Path file = folder.resolve("python").resolve(name);
    Files.createDirectories(file.getParent());
    for (Path at = file.getParent(); !at.equals(folder.resolve("python")); at = at.getParent()) {
      Files.writeString(at.resolve("__init__.py"), "");
    }
    Files.writeString(file, text);
  }

  /** A folder whose submit.sh says what it is called with, and ends with a code. */
  private Path home(int code) throws IOException {
    Path home = Files.createDirectories(folder.resolve("home" + code));
    Path submit = home.resolve("submit.sh");
    Files.writeString(submit, "#!/bin/sh\necho \"$@\"\nexit " + code + "\n");
    Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
    return home;
  }

  private static List<String> called(String command) throws Exception {
    Process process = new ProcessBuilder("bash", "-c", command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    return said.lines().toList();
  }

  /** What an example is told about this machine. */
  private Settings settings(Path conf) {
    List<String> here = new ArrayList<>();
    Settings own = small.settings();
    here.add("nightly.directory=crash-disk:" + folder + "/nights");
    here.add("model.path=" + folder + "/model");
    here.add(
        "corpus.sources=[{ path = \"%s/data/paper.jsonl\", domain = paper }]".formatted(folder));
    own.spark().forEach((key, value) -> here.add(key + "=" + value));
    return Settings.load(conf, here);
  }

  private void twoNights(Path conf) throws IOException {
    small.ask("1.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    assertThat(night(conf, "2026-03-01T01:17:00Z")).isEmpty();
    assertThat(night(conf, "2026-03-01T01:22:00Z")).as("tried again").isEmpty();
    small.ask(
        "2.jsonl",
        "{\"request\": \"r2\", \"document\": \"paper-forget-01\"}",
        "{\"request\": \"r3\", \"document\": \"paper-forget-02\"}");
    assertThat(night(conf, "2026-03-02T01:17:00Z")).isEmpty();
    assertThat(stages.runs()).isEqualTo(Map.of("2026-03-01", 1, "2026-03-02", 1));
    assertThat(small.book().open()).isEmpty();
    assertThat(small.book().requests())
        .extracting(RequestState::request, RequestState::night)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple("r1", "2026-03-01"),
            org.assertj.core.api.Assertions.tuple("r2", null),
            org.assertj.core.api.Assertions.tuple("r3", "2026-03-02"));
    Path second = folder.resolve("nights/nights/2026-03-02");
    assertThat(Files.readString(second.resolve("forget.jsonl")))
        .contains("paper-forget-02")
        .doesNotContain("-01");
    assertThat(Files.readString(second.resolve("earlier.jsonl"))).contains("paper-forget-01");
    assertThat(InService.read(small.nights()).orElseThrow().night()).isEqualTo("2026-03-02");
    try (Stream<String> ledger = Files.lines(folder.resolve("nights/ledger.jsonl"))) {
      assertThat(ledger.filter(line -> line.contains("\"start\":{")).findFirst().orElseThrow())
          .as("the second night begins with the first one's model")
          .contains("/nights/nights/2026-03-01/model");
    }
  }

  private Optional<String> night(Path conf, String time) {
    return small.with(stages).nightly(settings(conf), time).run();
  }
}
