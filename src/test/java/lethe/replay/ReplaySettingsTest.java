package lethe.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import lethe.folder.RunFolder;
import lethe.run.Provenance;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.spark.SparkInUse;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplaySettingsTest {
  @TempDir Path folder;

  private RunFolder run(String name) {
    return RunFolder.of(folder.resolve(name).toString(), new Configuration());
  }

  /** The settings of a replay of a run with these. */
  private ReplaySettings replay(Path conf, List<String> own, String... pairs) {
    List<String> all =
        java.util.stream.Stream.concat(
                own.stream(), java.util.stream.Stream.of("run.dir=" + folder.resolve("run")))
            .toList();
    RunConfig config = RunConfig.read(Verb.RUN, conf, all);
    new Provenance(config, run("run"))
        .write(new SparkInUse("4.2.0", "none", "ordinary"), Clock.systemUTC());
    return ReplaySettings.of(run("run"), run("again"), List.of(pairs));
  }

  private Path conf(String... more) throws IOException {
    return Files.writeString(
        folder.resolve("run.conf"),
        """
        model.path = /models/first
        corpus { sources = [{ path = /data/a.jsonl, domain = a }], splits { forget.requests = "%1$s/run/forget.jsonl", retain.where = "true", approximate.where = "false" } }
        report.require = matched
        evaluate.retrained = /models/retrained
        run.keep = minimal
        %2$s
        """
            .formatted(folder, String.join("\n", more)));
  }

  @Test
  void whatTheRunMadeIsMadeAgainInTheReplaysFolder() {
    ReplaySettings replay = replay(Path.of("conf/quickstart.conf"), List.of());
    RunConfig config = replay.config(Verb.RUN);
    String again = "file:" + folder.resolve("again");
    assertThat(config.runDir()).isEqualTo(again);
    assertThat(config.model()).isEqualTo(again + "/original");
    assertThat(config.sample().orElseThrow().directory()).isEqualTo(again + "/sample");
    assertThat(config.pretrain().orElseThrow().model()).isEqualTo(again + "/sample/model");
    assertThat(config.corpus().sources())
        .extracting(source -> source.path())
        .containsExactly(
            again + "/sample/paper.jsonl",
            again + "/sample/code.jsonl",
            again + "/sample/book.jsonl");
    assertThat(config.evaluate().retrain()).as("of no use for the weights").isFalse();
    assertThat(replay.trainings()).containsExactly(Verb.PRETRAIN, Verb.UNLEARN);
  }

  @Test
  void inputsStayWhereTheyAreThoseInTheFolderOfTheRunToo() throws IOException {
    ReplaySettings replay = replay(conf(), List.of(), "spark.master=local[3]", "train.workers=2");
    RunConfig config = replay.config(Verb.UNLEARN);
    assertThat(config.model()).isEqualTo("/models/first");
    assertThat(config.settings().json()).contains(folder + "/run/forget.jsonl");
    assertThat(config.settings().spark()).containsEntry("spark.master", "local[3]");
    assertThat(config.train().workers()).isEqualTo(2);
    assertThat(config.settings().isDefault("report.require")).as("left out").isTrue();
    assertThat(replay.trainings()).containsExactly(Verb.UNLEARN);
  }

  @Test
  void aModelThatTheRunFinetunedIsFinetunedAgain() throws IOException {
    String finetuned = "unlearn.initial-weights = \"%s/run/finetuned\"".formatted(folder);
    ReplaySettings replay = replay(conf(finetuned), List.of());
    assertThat(replay.trainings()).containsExactly(Verb.FINETUNE, Verb.UNLEARN);
    assertThat(replay.config(Verb.UNLEARN).unlearn().initialWeights())
        .contains("file:" + folder.resolve("again/finetuned"));
  }

  @Test
  void whatWouldMakeAnotherModelIsRefusedByName() throws IOException {
    Path conf = conf("train.steps = 5");
    assertThatThrownBy(
            () -> replay(conf, List.of(), "train.steps=6", "stop.band=0.2", "train.threads=1"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot replay file:%s/run with settings that make another model:\n  train.steps was 5, is 6\n  stop.band was 0.15, is 0.2"
                .formatted(folder));
    assertThat(
            replay(conf, List.of(), "model.path=/elsewhere", "corpus.sources=[{path=x,domain=a}]")
                .config(Verb.UNLEARN)
                .model())
        .as("a place, whose content is compared")
        .isEqualTo("/elsewhere");
    assertThatThrownBy(
            () -> replay(conf, List.of(), "spark.submit.deployMode=cluster").config(Verb.UNLEARN))
        .hasMessageContaining("add spark.submit.deployMode=client");
    assertThatThrownBy(() -> replay(conf, List.of(), "train.stepz=6"))
        .hasMessageContaining("Unknown key train.stepz");
  }

  @Test
  void whatTheRecordWithholdsMustBeGivenAgain() throws IOException {
    Path conf = conf("spark.hadoop.fs.s3a.secret.key = abcdefg", "define.word = other");
    assertThatThrownBy(() -> replay(conf, List.of()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("give each again as KEY=VALUE")
        .hasMessageEndingWith("\n  spark.hadoop.fs.s3a.secret.key")
        .as("what is defined has been put in its places already")
        .hasMessageNotContaining("define");
    assertThat(replay(conf, List.of(), "spark.hadoop.fs.s3a.secret.key=hijklmn").settings().spark())
        .containsEntry("spark.hadoop.fs.s3a.secret.key", "hijklmn");
  }
}
