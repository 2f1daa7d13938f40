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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs that train by plain descent: pretrain, finetune, retrain. */
class DescentIT {
  @TempDir Path folder;

  @BeforeEach
  void oneProcess() {
    System.setProperty("spark.master", "local[1]");
    System.setProperty("spark.ui.enabled", "false");
    System.setProperty("spark.sql.shuffle.partitions", "2");
  }

  @AfterEach
  void forget() {
    List.of("spark.master", "spark.ui.enabled", "spark.sql.shuffle.partitions")
        .forEach(System::clearProperty);
  }

  @Test
  void retrainIsPretrainWithoutTheDocumentsToForget() throws IOException {
    Path conf = SmallRun.in(folder);
    run(Verb.PREPARE, conf);
    List<String> pretrain =
        List.of("pretrain.enabled=true", "pretrain.model=" + folder.resolve("model"));
    String whole = "whole";
    copy(whole);
    String pretrained =
        run(Verb.PRETRAIN, conf, with(pretrain, "run.dir=" + folder.resolve(whole)));
    String retrained = run(Verb.RETRAIN, conf, with(pretrain, "run.dir=" + folder.resolve(whole)));
    copy("without");
    run(
        Verb.PRETRAIN,
        conf,
        with(pretrain, "run.dir=" + folder.resolve("without"), "pretrain.splits=[retain]"));
    assertThat(pretrained).contains("pretrain: 2 steps");
    assertThat(retrained).contains("retrain: 2 steps").contains("retrain: train.descent");
    assertThat(weights("whole/retrained"))
        .as("the documents to retain, from the same random weights")
        .isEqualTo(weights("without/original"))
        .isNotEqualTo(weights("whole/original"));
    assertThat(folder.resolve("whole/retrain-steps.jsonl")).exists();
    String again = run(Verb.RETRAIN, conf, with(pretrain, "run.dir=" + folder.resolve(whole)));
    assertThat(again).contains("retrain: finished before");
  }

  @Test
  void finetuneAndRetrainBeginWithTheWeightsTheyAreTold() throws IOException {
    Path conf = SmallRun.in(folder);
    run(Verb.PREPARE, conf);
    String start = "retrain.start=" + folder.resolve("model");
    run(Verb.FINETUNE, conf); // model.path on retain, the defaults
    run(Verb.RETRAIN, conf, start);
    assertThat(weights("run/retrained"))
        .isEqualTo(weights("run/finetuned"))
        .isNotEqualTo(weights("model"));
    copy("forgets");
    Files.delete(folder.resolve("forgets/finetuned/config.json"));
    run(
        Verb.FINETUNE,
        conf,
        "run.dir=" + folder.resolve("forgets"),
        "finetune.splits=[forget]",
        "finetune.start=" + folder.resolve("run/finetuned"),
        "finetune.epochs=1.0"); // wins over train.steps: two chunks of forget a step
    assertThat(weights("forgets/finetuned")).isNotEqualTo(weights("run/finetuned"));
    long forget = Files.readAllLines(folder.resolve("forgets/finetune-steps.jsonl")).size();
    assertThat(forget).isGreaterThan(2);
  }

  @Test
  void aKilledUnlearningLeavesNoOldModelAndGoesOnUnlessItIsToBeginAnew() throws IOException {
    Path conf = SmallRun.in(folder);
    String[] first = {"train.checkpoint-every=1"};
    run(Verb.PREPARE, conf, first);
    run(Verb.UNLEARN, conf, first);
    byte[] before = weights("run/model");
    Path evaluation =
        Files.createDirectories(folder.resolve("run/scores")).resolve("evaluation.json");
    Files.writeString(evaluation, "{}");

    String[] other = {"train.checkpoint-every=1", "unlearn.method=gradient-ascent"};
    dies(Verb.UNLEARN, conf, with(List.of(other), "overwrite=true"));
    assertThat(folder.resolve("run/model/config.json")).as("the old model's commit").doesNotExist();
    assertThat(evaluation).as("what was made from it").doesNotExist();
    assertThat(folder.resolve("run/checkpoints/unlearn/step-00000001")).exists();
    // Killed again: overwrite=true begins anew each time.
    assertThat(dies(Verb.UNLEARN, conf, with(List.of(other), "overwrite=true")))
        .doesNotContain("Going on");
    assertThat(run(Verb.UNLEARN, conf, other))
        .contains("Going on from the checkpoint of step 1 of 2")
        .doesNotContain("finished before");
    assertThat(weights("run/model")).isNotEqualTo(before);
    assertThat(Files.readAllLines(folder.resolve("run/steps.jsonl"))).hasSize(2);
  }

  @Test
  void whatWasForgottenIsCountedAgainstWhatWasAsked() throws IOException {
    Path conf = SmallRun.in(folder);
    run(Verb.PREPARE, conf);
    String said = run(Verb.UNLEARN, conf); // two steps of two
    JsonNode coverage = new ObjectMapper().readTree(folder.resolve("run/coverage.json").toFile());
    long asked = coverage.at("/asked/chunks").asLong();
    assertThat(asked).isGreaterThan(4);
    assertThat(coverage.at("/version").asInt()).isEqualTo(1);
    assertThat(coverage.at("/steps").asInt()).isEqualTo(2);
    assertThat(coverage.at("/trained/chunks").asLong()).isEqualTo(4);
    assertThat(coverage.at("/trained/tokens").asLong())
        .isLessThan(coverage.at("/asked/tokens").asLong());
    long documents = coverage.at("/asked/documents").asLong();
    assertThat(coverage.at("/trained/documents").asLong()).isBetween(1L, documents);
    assertThat(said)
        .contains("Warning: %d of %d chunks of forget are in no step".formatted(asked - 4, asked))
        .contains("all are with train.steps=" + (asked + 1) / 2)
        .contains("Warning: %d of %d forget chunks (".formatted(asked - 4, asked));

    said = run(Verb.UNLEARN, conf, "overwrite=true", "train.steps=null", "train.epochs=1");
    coverage = new ObjectMapper().readTree(folder.resolve("run/coverage.json").toFile());
    assertThat(coverage.get("trained")).isEqualTo(coverage.get("asked"));
    assertThat(coverage.at("/steps").asLong()).isEqualTo((asked + 1) / 2);
    assertThat(said).doesNotContain("Warning");
  }

  @Test
  void refusesWhatWouldNotBeRetraining() throws IOException {
    Path conf = SmallRun.in(folder);
    assertThatThrownBy(() -> Job.read(Verb.RETRAIN, conf, List.of()))
        .hasMessageContaining("retrain.start must name the Hugging Face folder");
    assertThatThrownBy(() -> Job.read(Verb.UNLEARN, conf, List.of("retrain.splits=[forget]")))
        .hasMessageContaining("retrain.splits must not name forget");
    assertThatThrownBy(() -> Job.read(Verb.FINETUNE, conf, List.of("finetune.splits=[retian]")))
        .hasMessageContaining("finetune.splits names \"retian\"; the splits are forget, retain");
  }

  @Test
  void anEvaluationAskedForMoreIsNotFinishedBefore() throws IOException {
    Path conf = SmallRun.in(folder);
    assertThat(run(Verb.RUN, conf, "dry-run=true")).contains("dry-run: the settings");
    assertThat(folder.resolve("run")).as("a dry run writes nothing").doesNotExist();
    run(Verb.PREPARE, conf);
    run(Verb.UNLEARN, conf);
    assertThat(run(Verb.EVALUATE, conf)).doesNotContain("finished before");
    assertThat(run(Verb.EVALUATE, conf)).contains("evaluate: finished before");
    Path task =
        Files.writeString(
            folder.resolve("t.jsonl"),
            "{\"query\": \"a\", \"choices\": [\"b\", \"c\"], \"gold\": 0}\n");
    String tasks = "evaluate.tasks=[{ name = t, path = \"" + task + "\" }]";
    assertThat(run(Verb.EVALUATE, conf, tasks))
        .contains("scores that stand are kept", "original was scored before")
        .doesNotContain("finished before");
    assertThat(run(Verb.EVALUATE, conf, tasks)).contains("evaluate: finished before");
    assertThat(run(Verb.EVALUATE, conf, tasks, "evaluate.models.again=" + folder.resolve("model")))
        .contains("evaluate: original, unlearned, again");
  }

  private static String[] with(List<String> pairs, String... more) {
    return java.util.stream.Stream.concat(pairs.stream(), java.util.Arrays.stream(more))
        .toArray(String[]::new);
  }

  private static String run(Verb verb, Path conf, String... pairs) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    assertThat(new Stages(Job.read(verb, conf, List.of(pairs)), new Console(out)).run()).isEmpty();
    return said.toString(StandardCharsets.UTF_8);
  }

  /** Runs until the last step is to be shown, where the terminal fails; gives what was said. */
  private static String dies(Verb verb, Path conf, String... pairs) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out =
        new PrintStream(said, true, StandardCharsets.UTF_8) {
          @Override
          public void println(String line) {
            if (line.contains("step 2/2")) {
              throw new IllegalStateException("the terminal is gone");
            }
            super.println(line);
          }
        };
    assertThatThrownBy(
            () -> new Stages(Job.read(verb, conf, List.of(pairs)), new Console(out)).run())
        .hasMessageContaining("the terminal is gone");
    return said.toString(StandardCharsets.UTF_8);
  }

  /** A run folder that is prepared, under another name. */
  private void copy(String name) throws IOException {
    try (java.util.stream.Stream<Path> files = Files.walk(folder.resolve("run"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(name).resolve(folder.resolve("run").relativize(file)));
      }
    }
    Files.delete(folder.resolve(name).resolve("run.json")); // which says what pretrain was not
  }

  private byte[] weights(String model) throws IOException {
    return Files.readAllBytes(folder.resolve(model).resolve("model.safetensors"));
  }
}
