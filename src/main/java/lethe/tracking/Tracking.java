package lethe.tracking;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import lethe.folder.RunFolder;
import lethe.json.Json;
import org.apache.hadoop.fs.Path;

/** Shows a run elsewhere when its report is written. What goes wrong is said, and is no failure. */
public final class Tracking {
  private static final List<String> FILES = List.of("summary.md", "report.json", "index.html");

  private final TrackSettings settings;
  private final RunFolder folder;
  private final Clock clock;
  private final Optional<String> token;
  private final Consumer<String> console;

  /**
   * @param token of the server of MLflow, if it asks for one
   * @param console takes a sentence for the user
   */
  public Tracking(
      TrackSettings settings,
      RunFolder folder,
      Clock clock,
      Optional<String> token,
      Consumer<String> console) {
    this.settings = settings;
    this.folder = folder;
    this.clock = clock;
    this.token = token;
    this.console = console;
  }

  /**
   * Writes the event files and tells the server, as far as they are asked for.
   *
   * @param parameters settings with which the run was made, without secrets
   */
  public void show(Map<String, String> parameters) {
    if (settings.tensorBoard()) {
      attempt("TensorBoard", this::eventFiles);
    }
    settings
        .mlflow()
        .ifPresent(
            server ->
                attempt(
                    "MLflow at " + server.url(),
                    () -> tell(new MlflowClient(server, token), parameters)));
  }

  private interface Attempt {
    String make() throws IOException;
  }

  private void attempt(String to, Attempt attempt) {
    try {
      console.accept(to + ": " + attempt.make());
    } catch (IOException | RuntimeException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      console.accept(to + ": could not be told of this run, which is none the worse: " + why);
    }
  }

  private String eventFiles() {
    TrackedRun run = TrackedRun.read(folder);
    Path all = folder.tensorBoard();
    run.trainings()
        .forEach(
            (stage, steps) ->
                folder
                    .files()
                    .write(new Path(new Path(all, stage), EventFile.NAME), EventFile.of(steps)));
    return "tensorboard --logdir " + all.toUri().getPath();
  }

  private String tell(MlflowClient server, Map<String, String> parameters) throws IOException {
    TrackedRun run = TrackedRun.read(folder);
    MlflowClient.Known known = known(server, run);
    List<MlflowClient.Metric> metrics = new ArrayList<>();
    run.trainings()
        .forEach(
            (stage, steps) ->
                steps.forEach(
                    step ->
                        step.values()
                            .forEach(
                                (name, value) ->
                                    metrics.add(
                                        new MlflowClient.Metric(
                                            stage + "/" + name,
                                            value,
                                            step.finished(),
                                            step.step())))));
    run.figures()
        .forEach(
            (name, value) -> metrics.add(new MlflowClient.Metric(name, value, clock.instant(), 0)));
    server.log(
        known, known.fresh() ? new TreeMap<>(parameters) : Map.of(), run.findings(), metrics);
    boolean files = MlflowClient.takesFiles(known);
    for (String name : FILES) {
      Path file = new Path(folder.report(), name);
      if (files && folder.files().exists(file)) {
        server.put(known, name, folder.files().read(file));
      }
    }
    server.end(known, clock.instant());
    return "run %s%s"
        .formatted(
            known.id(),
            files ? "" : ", without the report: its artifacts are not kept by the server itself");
  }

  /** The run of this folder: that of an earlier report, if there was one at this server. */
  private MlflowClient.Known known(MlflowClient server, TrackedRun run) throws IOException {
    String url = settings.mlflow().orElseThrow().url().toString();
    Path file = folder.mlflow();
    Optional<ObjectNode> before = folder.files().readObjectIfThere(file, "delete it");
    if (before.isPresent() && before.get().path("url").asText().equals(url)) {
      Optional<MlflowClient.Known> found = server.find(before.get().path("run_id").asText());
      if (found.isPresent()) {
        return found.get();
      }
    }
    MlflowClient.Known made =
        server.create(server.experiment(), folder.root().getName(), begun(run));
    folder
        .files()
        .writeJson(file, Json.MAPPER.createObjectNode().put("url", url).put("run_id", made.id()));
    return made;
  }

  private Instant begun(TrackedRun run) {
    return run.trainings().values().stream()
        .flatMap(List::stream)
        .map(TrackedRun.Step::finished)
        .min(Instant::compareTo)
        .orElseGet(clock::instant);
  }
}
