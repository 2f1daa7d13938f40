package lethe.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that is shown elsewhere, to a server that keeps what it is told. */
class TrackingTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-27T14:00:00Z"), ZoneOffset.UTC);

  @TempDir Path folder;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void run() throws IOException {
    StringBuilder steps = new StringBuilder();
    for (int step = 1; step <= 450; step++) {
      steps.append(
          """
          {"step":%d,"losses":{"forget.ascent":%s,"retain.kl":0.25},"grad_norm":0.5,"learning_rate":1.0E-4,"tokens_per_second":100.0,"wait_share":%s,"finished":"2026-11-27T13:%02d:%02d.25Z"}
          """
              .formatted(step, -step / 100.0, step == 1 ? "\"NaN\"" : "0.1", step / 60, step % 60));
    }
    Files.writeString(
        folder.resolve("steps.jsonl"),
        steps + "{\"step\":2,\"losses\":{},\"finished\":\"2026-11-27T13:59:00Z\"}\n{\"step\":451,");
    Files.createDirectories(folder.resolve("report"));
    Files.writeString(
        folder.resolve("report/report.json"),
        """
        {"headline":"Matched: as it should be.","nearness":null,"target":{"nll":2.7},
         "verdict":{"outcome":"matched","distance":-0.01},
         "conditions":[{"name":"damage","state":"passed"}],
         "scores":[{"model":"unlearned","split":"forget","domain":"*","nll":2.69,"accuracy":0.3},
                   {"model":"unlearned","split":"forget","domain":"paper","nll":9.0,"accuracy":0.3}],
         "provenance":{"lethe":"0.2.0","spark":"4.2.0","documents":7}}
        """);
    Files.writeString(folder.resolve("report/summary.md"), "# Summary");
    Files.writeString(folder.resolve("report/documents.csv"), "names of documents");
  }

  @Test
  void aServerIsToldEverythingOnce() throws Exception {
    try (MlflowServer server = new MlflowServer()) {
      Map<String, String> parameters = new TreeMap<>(Map.of("unlearn.method", "ascent+kl"));
      for (int i = 0; i < 130; i++) {
        parameters.put("corpus.some." + i, "x".repeat(i * 10));
      }
      show(server.url(), parameters);
      assertThat(said).containsExactly("MLflow at " + server.url() + ": run r1");
      assertThat(server.experiments).containsOnlyKeys("nights");
      MlflowServer.Kept run = server.runs.get("r1");
      assertThat(run.name).isEqualTo(folder.getFileName().toString());
      assertThat(run.status).isEqualTo("FINISHED");
      assertThat(run.parameters).hasSize(131).containsEntry("unlearn.method", "ascent+kl");
      assertThat(run.parameters.get("corpus.some.129")).hasSize(500).endsWith("x...");
      assertThat(run.metrics.get("unlearn/loss/forget.ascent"))
          .hasSize(450)
          .containsEntry(1L, -0.01)
          .containsEntry(450L, -4.5);
      assertThat(run.metrics.get("unlearn/wait_share")).hasSize(449); // one was no number
      assertThat(run.metrics.get("nll/unlearned/forget")).containsValue(2.69);
      assertThat(run.metrics.get("distance")).containsValue(-0.01);
      assertThat(run.tags)
          .containsEntry("verdict", "matched")
          .containsEntry("headline", "Matched: as it should be.")
          .containsEntry("condition damage", "passed")
          .containsEntry("spark", "4.2.0")
          .doesNotContainKey("nearness");
      assertThat(server.files)
          .containsOnlyKeys("1/r1/artifacts/summary.md", "1/r1/artifacts/report.json");
      assertThat(server.authorizations).containsOnly("Bearer sesame");

      // The report is written again, with other limits: the same run, whose parameters stay.
      said.clear();
      show(server.url(), Map.of("unlearn.method", "another"));
      assertThat(said).containsExactly("MLflow at " + server.url() + ": run r1");
      assertThat(server.runs).hasSize(1);
      assertThat(run.parameters).containsEntry("unlearn.method", "ascent+kl");

      // The server has lost it: a new one.
      server.runs.clear();
      show(server.url(), Map.of());
      assertThat(server.runs).containsOnlyKeys("r1");
      assertThat(server.runs.get("r1").metrics).isNotEmpty();
    }
  }

  @Test
  void aServerThatKeepsItsFilesElsewhereGetsNone() throws Exception {
    try (MlflowServer server = new MlflowServer()) {
      server.artifacts = "s3://bucket/";
      show(server.url(), Map.of());
      assertThat(said).singleElement().asString().contains("without the report: its artifacts");
      assertThat(server.files).isEmpty();
      assertThat(server.runs.get("r1").status).isEqualTo("FINISHED");
    }
  }

  @Test
  void aServerThatFailsOrIsGoneFailsNothing() throws Exception {
    URI gone;
    try (MlflowServer server = new MlflowServer()) {
      server.failing = 503;
      gone = server.url();
      show(gone, Map.of());
    }
    show(gone, Map.of());
    assertThat(said)
        .hasSize(2)
        .allMatch(
            line ->
                line.matches(
                    "MLflow at http://127.0.0.1:\\d+: could not be told of this run, which is none .*"));
    assertThat(said.get(0)).contains("answers 503").contains("INTERNAL_ERROR");
    assertThat(folder.resolve("mlflow.json")).doesNotExist();
  }

  @Test
  void eventFilesAreWrittenByTraining() throws Exception {
    RunFolder run = RunFolder.of(folder.toString(), new Configuration());
    new Tracking(
            new TrackSettings(false, Optional.empty(), true, Optional.empty()),
            run,
            CLOCK,
            Optional.empty(),
            said::add)
        .show(Map.of());
    Path file = folder.resolve("tensorboard/unlearn").resolve(EventFile.NAME);
    assertThat(Files.readAllBytes(file))
        .isEqualTo(EventFile.of(TrackedRun.read(run).trainings().get("unlearn")));
    assertThat(said)
        .containsExactly("TensorBoard: tensorboard --logdir " + folder.resolve("tensorboard"));
    // A file where the folder should be: said, and no more.
    said.clear();
    Files.delete(file);
    Files.delete(folder.resolve("tensorboard/unlearn"));
    Files.writeString(folder.resolve("tensorboard/unlearn"), "in the way");
    new Tracking(
            new TrackSettings(false, Optional.empty(), true, Optional.empty()),
            run,
            CLOCK,
            Optional.empty(),
            said::add)
        .show(Map.of());
    assertThat(said).singleElement().asString().startsWith("TensorBoard: could not be told");
  }

  @Test
  void theEventFileOfARangeTestHasItsCurve() throws Exception {
    RunFolder run = RunFolder.of(folder.toString(), new Configuration());
    Files.writeString(
        folder.resolve("range-test-steps.jsonl"),
        """
        {"step":1,"losses":{"forget.ascent":-1.5},"learning_rate":1.0E-4,"finished":"2026-11-27T13:00:00Z"}
        {"step":2,"losses":{"forget.ascent":-1.6},"learning_rate":2.0E-4,"finished":"2026-11-27T13:00:01Z"}
        {"step":3,"losses":{"forget.ascent":-9.0},"learning_rate":4.0E-4,"finished":"2026-11-27T13:00:02Z"}
        """);
    Files.writeString(
        folder.resolve("range-test.json"),
        """
        {"version":1,"rate":1.0E-4,"curve":{"points":[
          {"steps":0,"learning_rate":0,"nll":1.51},{"steps":1,"nll":1.62},{"steps":2,"nll":2.7},{"steps":3,"nll":null}]}}
        """);
    assertThat(TrackedRun.read(run).trainings().get("range-test"))
        .extracting(step -> step.values().get("forget_loss"))
        .containsExactly(1.62, 2.7, null);
    new Tracking(
            new TrackSettings(false, Optional.empty(), true, Optional.empty()),
            run,
            CLOCK,
            Optional.empty(),
            said::add)
        .show(Map.of());
    assertThat(Files.readAllBytes(folder.resolve("tensorboard/range-test").resolve(EventFile.NAME)))
        .isEqualTo(EventFile.of(TrackedRun.read(run).trainings().get("range-test")))
        .isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"host:5000", "ftp://host", "http://", "http://me:secret@host", "not a url"})
  void anAddressThatIsNoneIsRefused(String url) {
    Settings settings = Settings.of(List.of("track.mlflow.url=\"" + url + "\""));
    assertThat(TrackSettings.read(settings.root()).mlflow()).isEmpty();
    assertThatThrownBy(settings::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("track.mlflow.url must be the http or https address of a server")
        .hasMessageNotContaining("secret");
  }

  @Test
  void whatIsAskedForIsRead() {
    Settings settings =
        Settings.of(
            List.of(
                "track.tensorboard=true",
                "track.mlflow.url=\"https://host/mlflow/\"",
                "track.lineage-url=\"http://other:80\""));
    TrackSettings track = TrackSettings.read(settings.root());
    assertThat(track.tensorBoard()).isTrue();
    assertThat(track.lineage()).isFalse();
    assertThat(track.lineageServer()).contains(URI.create("http://other:80"));
    assertThat(track.mlflow())
        .contains(new TrackSettings.Mlflow(URI.create("https://host/mlflow"), "lethe"));
    assertThat(settings.changed())
        .containsEntry("track.tensorboard", "true")
        .containsEntry("track.mlflow.url", "https://host/mlflow/")
        .doesNotContainKey("track.mlflow.experiment");
  }

  private void show(URI server, Map<String, String> parameters) {
    TrackSettings settings =
        new TrackSettings(
            false,
            Optional.empty(),
            false,
            Optional.of(new TrackSettings.Mlflow(server, "nights")));
    new Tracking(
            settings,
            RunFolder.of(folder.toString(), new Configuration()),
            CLOCK,
            Optional.of("sesame"),
            said::add)
        .show(parameters);
  }
}
