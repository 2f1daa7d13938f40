package lethe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.console.Console;
import lethe.folder.Faults;
import lethe.folder.FaultyFileSystem;
import lethe.pipeline.Continual;
import lethe.sample.SampleCorpus;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The verb continual with real runs: three tasks, undisturbed and with drivers that die. A death is
 * a fault after which every call of the folder's file system fails.
 */
class ContinualIT {
  private static final String SCHEME = "crash-disk";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String THREE =
      """
      { name = one, where = "id IN ('paper-forget-00', 'paper-forget-01')" }
      { name = two, where = "id IN ('paper-forget-02', 'paper-forget-04')" }
      { name = three, where = "id = 'paper-forget-03'" }
      """;

  @TempDir static Path folder;

  private static Path conf;
  private static Map<String, String> hadoop;

  /** What an undisturbed run leaves. */
  private static Path whole;

  @BeforeAll
  static void threeTasks() throws IOException {
    OneProcess.begin();
    hadoop = FaultyFileSystem.configuration().getPropsWithPrefix("fs.crash");
    hadoop.forEach((key, value) -> System.setProperty("spark.hadoop.fs.crash" + key, value));
    conf = SmallRun.in(folder);
    new SampleCorpus(1, 6, 1, 1, 1, 1)
        .write(
            new org.apache.hadoop.fs.Path(folder.toString(), "data"),
            new lethe.folder.Files(new Configuration()));
    Files.writeString(
        folder.resolve("questions.jsonl"),
        """
        {"question": "Who?", "answer": "One.", "task": 1}
        {"question": "What?", "answer": "Two.", "task": 2}
        {"question": "Why?", "answer": "None.", "task": 0}
        """);
    StringBuilder more =
        new StringBuilder(
            """
            continual.tasks = [
            %2$s]
            corpus.splits {
              retain.where = "split IN ('forget', 'retain')"
            }
            train { steps = 2, checkpoint-every = 1, learning-rate = 1e-3 }
            unlearn.method = "gradient-ascent+descent"
            report.require = earlier
            evaluate.answers {
              max-new-tokens = 3
              questions = [
                { name = one, path = "%1$s/questions.jsonl", use = forget, where { task = 1 } }
                { name = two, path = "%1$s/questions.jsonl", use = forget, where { task = 2 } }
                { name = kept, path = "%1$s/questions.jsonl", use = retain, where { task = 0 } }
              ]
            }
            """
                .formatted(folder, THREE));
    hadoop.forEach(
        (key, value) ->
            more.append("spark.hadoop.\"fs.crash%s\" = \"%s\"\n".formatted(key, value)));
    Files.writeString(conf, more, StandardOpenOption.APPEND);
    assertThat(continual("run"))
        .contains("continual: task 1 of 3: one\n", "continual: task 3 of 3: three\n")
        .doesNotContain("Unmet");
    whole = folder.resolve("whole");
    FileUtils.copyDirectory(folder.resolve("run").toFile(), whole.toFile());
  }

  @AfterAll
  static void asBefore() {
    OneProcess.end();
    hadoop.keySet().forEach(key -> System.clearProperty("spark.hadoop.fs.crash" + key));
  }

  @AfterEach
  void noFaults() {
    Faults.none();
  }

  /** The command; what it says, and which conditions are not met. */
  private static String continual(String name, String... pairs) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
    List<String> all = new ArrayList<>(List.of("run.dir=" + directory(name)));
    all.addAll(List.of(pairs));
    Optional<String> unmet = new Continual(Settings.load(conf, all), new Console(stream)).execute();
    return said.toString(StandardCharsets.UTF_8) + unmet.map(u -> "\nUnmet: " + u).orElse("");
  }

  private static String directory(String name) {
    return SCHEME + ":" + folder.resolve(name);
  }

  private static JsonNode json(Path file) throws IOException {
    return JSON.readTree(file.toFile());
  }

  @Test
  void eachTaskIsTestedAgainAfterEachLaterOne() throws IOException {
    JsonNode compared = json(whole.resolve("report/compare.json"));
    assertThat(compared.at("/tasks/tasks").toString()).isEqualTo("[\"one\",\"two\",\"three\"]");
    List<String> tasks = List.of("one", "two", "three");
    for (int run = 0; run < tasks.size(); run++) {
      JsonNode own = compared.at("/tasks/after/" + tasks.get(run));
      assertThat(own).hasSize(run + 1);
      for (int task = 0; task <= run; task++) {
        assertThat(own.path(tasks.get(task)).isNumber())
            .as("%s after %s", tasks.get(task), tasks.get(run))
            .isTrue();
      }
    }
    // The mean over the documents of a task, by another road: the scores of its chunks.
    SparkSession spark = SparkSession.builder().getOrCreate();
    try {
      double nll =
          spark
              .read()
              .parquet(whole.resolve("three/scores/unlearned").toString())
              .where("document IN ('paper-forget-02', 'paper-forget-04')")
              .selectExpr("sum(nll) / sum(tokens)")
              .first()
              .getDouble(0);
      assertThat(compared.at("/tasks/after/three/two").asDouble())
          .isCloseTo(nll, org.assertj.core.data.Offset.offset(1e-9));
      assertThat(documents(spark, "one", "retain"))
          .as("what later tasks forget is kept until then")
          .contains("paper-forget-02", "paper-forget-03", "paper-forget-04", "paper-forget-05");
      assertThat(documents(spark, "three", "retain"))
          .contains("paper-forget-05")
          .doesNotContain(
              "paper-forget-00",
              "paper-forget-01",
              "paper-forget-02",
              "paper-forget-03",
              "paper-forget-04");
      assertThat(documents(spark, "three", "earlier"))
          .containsExactly(
              "paper-forget-00", "paper-forget-01", "paper-forget-02", "paper-forget-04");
      assertThat(documents(spark, "three", "forget")).containsExactly("paper-forget-03");
    } finally {
      spark.stop();
    }
    assertThat(names(json(whole.resolve("one/report/report.json")).at("/answers/sets")))
        .containsExactly("kept", "one");
    assertThat(names(json(whole.resolve("three/report/report.json")).at("/answers/sets")))
        .containsExactly("kept", "one", "two");
    assertThat(json(whole.resolve("two/run.json")).at("/settings/unlearn/reference").asText())
        .isEqualTo("start");
    JsonNode done = json(whole.resolve("continual.json")).get("tasks");
    assertThat(done.at("/1/start")).isEqualTo(done.at("/0/model"));
    assertThat(done.at("/2/start")).isEqualTo(done.at("/1/model"));
  }

  private static Set<String> documents(SparkSession spark, String task, String split) {
    Set<String> documents = new TreeSet<>();
    spark
        .read()
        .parquet(whole.resolve(task).resolve("corpus/chunks").toString())
        .where("split = '" + split + "'")
        .select("document")
        .collectAsList()
        .forEach(row -> documents.add(row.getString(0)));
    return documents;
  }

  private static Set<String> names(JsonNode sets) {
    Set<String> names = new TreeSet<>();
    sets.forEach(set -> names.add(set.get("set").asText()));
    return names;
  }

  /** Within the second task, and between it and the third, while a model is deleted. */
  @Test
  void killedItGoesOnToTheSameModelsAlsoWithoutThoseThatAreDeleted() throws IOException {
    for (String task : List.of("two", "three")) { // the first is found finished
      try (Stream<Path> files = Files.list(folder.resolve("run").resolve(task))) {
        for (Path file : files.toList()) {
          String name = file.getFileName().toString();
          if (!name.startsWith("corpus") && !name.endsWith(".jsonl") && !name.equals("run.json")) {
            FileUtils.deleteQuietly(file.toFile()); // all but its documents
          }
        }
      }
      Files.delete(folder.resolve("run").resolve(task).resolve("steps.jsonl"));
    }
    Files.delete(folder.resolve("run/continual.json"));
    String deletes = "continual.keep-models=false";
    dies(3, "/two/checkpoints/", deletes);
    assertThat(folder.resolve("run/one/model/config.json")).exists();
    assertThat(folder.resolve("run/two/checkpoints")).exists();
    dies(2, "/run/one/model", deletes); // it is made already, so these are deletions
    assertThat(folder.resolve("run/one/model")).exists();
    assertThat(folder.resolve("run/one/model/config.json")).doesNotExist();
    assertThat(folder.resolve("run/two/model/config.json")).exists();
    assertThat(continual("run", deletes))
        .contains("deleted the model of one", "task 1 of 3: one was forgotten before")
        .containsOnlyOnce("unlearn: 2 steps of");
    assertThat(folder.resolve("run/one/model")).doesNotExist();
    assertThat(folder.resolve("run/two/model")).doesNotExist();
    assertThat(folder.resolve("run/three/model/config.json")).exists();
    assertThat(json(folder.resolve("run/continual.json")))
        .as("the fingerprints of all models")
        .isEqualTo(json(whole.resolve("continual.json")));
    for (String table : List.of("tasks", "answers")) {
      assertThat(json(folder.resolve("run/report/compare.json")).get(table))
          .isEqualTo(json(whole.resolve("report/compare.json")).get(table));
    }

    assertThat(continual("run", deletes)).doesNotContain("unlearn", "prepare", "evaluate");
    assertThatThrownBy(() -> continual("run", deletes, "evaluate.seed=7"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Task one: ")
        .hasMessageContaining("its models are deleted")
        .hasMessageEndingWith("  evaluate.seed was 42, is 7");
    Files.delete(folder.resolve("run/two/report/report.json"));
    assertThatThrownBy(() -> continual("run", deletes))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "Cannot forget task two: it begins with the model of one, which is deleted (continual.keep-models=false)");
  }

  private static void dies(long at, String place, String... pairs) {
    Faults.plan(at, Faults.How.STOPPED, path -> path.toString().contains(place));
    assertThatThrownBy(() -> continual("run", pairs)).isInstanceOf(Exception.class);
    assertThat(Faults.reached()).isTrue();
    Faults.none();
  }

  @Test
  void aChangedSettingAndAnotherOrderAreRefusedByName() {
    assertThatThrownBy(() -> continual("run", "train.learning-rate=2e-3"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Task one: ")
        .hasMessageEndingWith("  train.learning-rate was 0.001, is 0.002");
    assertThatThrownBy(
            () ->
                continual(
                    "run",
                    "continual.tasks=[{ name = zero, where = \"id = 'paper-forget-05'\" }, { name = one, where = \"id IN ('paper-forget-00', 'paper-forget-01')\" }]"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Task one: ")
        .hasMessageContaining("  unlearn.initial-weights was ");
  }

  @Test
  void aTaskThatSelectsNothingAndOneThatClaimsWhatAnotherHasAreNamedBeforeAnythingIsForgotten() {
    String tasks =
        "continual.tasks=[%s, { name = four, where = \"%%s\" }]"
            .formatted(THREE.lines().map(String::strip).collect(Collectors.joining(", ")));
    assertThatThrownBy(() -> continual("run", tasks.formatted("split = 'forget'")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Tasks one and four both claim document paper-forget-00 of domain paper (5 documents are claimed twice): narrow the condition of one, since a document is forgotten once");
    assertThatThrownBy(() -> continual("run", tasks.formatted("split = 'nothing'")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "Task four: Split forget has no document: widen corpus.splits.forget");
    assertThat(folder.resolve("run/four/earlier.jsonl")).exists();
    assertThat(folder.resolve("run/four/corpus")).doesNotExist();
  }
}
