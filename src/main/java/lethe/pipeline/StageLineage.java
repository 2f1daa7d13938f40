package lethe.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import lethe.console.Console;
import lethe.corpus.Manifest;
import lethe.corpus.source.Source;
import lethe.corpus.source.SourceTable;
import lethe.folder.Files;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.lineage.Dataset;
import lethe.lineage.LineageServer;
import lethe.lineage.RunEvents;
import lethe.lineage.RunEvents.Begun;
import lethe.lineage.RunEvents.Ending;
import lethe.lineage.RunEvents.TestResult;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.run.Build;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.train.StoppedException;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of each stage what it reads and writes, in {@code lineage.jsonl} of the run folder and to a
 * server, where {@code track} asks for it. Whatever is wrong with that is said, and fails no run.
 */
final class StageLineage {
  private static final Logger LOG = LoggerFactory.getLogger(StageLineage.class);

  private final RunConfig config;
  private final RunFolder folder;
  private final RunModels models;
  private final StageInputs inputs;
  private final Console console;
  private final Optional<RunEvents> events;

  StageLineage(
      RunConfig config,
      RunFolder folder,
      RunModels models,
      StageInputs inputs,
      Console console,
      Clock clock) {
    this.config = config;
    this.folder = folder;
    this.models = models;
    this.inputs = inputs;
    this.console = console;
    List<RunEvents.Sink> sinks = new ArrayList<>();
    if (config.track().lineage()) {
      sinks.add(RunEvents.file(folder.lineage(), folder.files()));
    }
    config
        .track()
        .lineageServer()
        .map(url -> new LineageServer(url, token(), console::say))
        .ifPresent(sinks::add);
    this.events =
        sinks.isEmpty()
            ? Optional.empty()
            : Optional.of(new RunEvents(sinks, clock, Build.ofThisProgram().version()));
  }

  /** As OpenLineage's own clients are given it. */
  private static Optional<String> token() {
    return Optional.ofNullable(System.getenv("OPENLINEAGE_API_KEY"));
  }

  /** Runs a stage between its two events. */
  <T> T around(Verb stage, Supplier<T> work) {
    Optional<Begun> begun = attempt(() -> events.map(to -> begin(to, stage)));
    try {
      T result = work.get();
      end(begun, stage, Ending.COMPLETE, Optional.empty());
      return result;
    } catch (LeaseLostException e) { // the folder is another driver's
      throw e;
    } catch (StoppedException e) {
      end(begun, stage, Ending.ABORT, Optional.empty());
      throw e;
    } catch (Exception e) { // Spark's are checked but not declared
      end(begun, stage, Ending.FAIL, Optional.of(e));
      throw e;
    }
  }

  private Begun begin(RunEvents to, Verb stage) {
    String job = folder.root().getName() + "." + stage.spelling();
    return to.begin(job, read(stage), List.of(written(stage, Optional.empty())));
  }

  private void end(Optional<Begun> begun, Verb stage, Ending how, Optional<Throwable> error) {
    attempt(
        () -> {
          begun.ifPresent(
              own -> {
                List<Dataset> written =
                    how == Ending.COMPLETE ? List.of(written(stage, version(stage))) : List.of();
                List<TestResult> tests =
                    how == Ending.COMPLETE && stage == Verb.REPORT ? tests() : List.of();
                events.orElseThrow().end(own, how, read(stage), written, tests, error);
              });
          return begun;
        });
  }

  private Optional<Begun> attempt(Supplier<Optional<Begun>> note) {
    try {
      return note.get();
    } catch (RuntimeException e) { // never the run's end
      LOG.warn("lineage not written", e);
      console.say("lineage: an event could not be written, and the run goes on: " + e.getMessage());
      return Optional.empty();
    }
  }

  private List<Dataset> read(Verb stage) {
    List<Dataset> read = new ArrayList<>();
    if (stage == Verb.PREPARE) {
      return sources();
    }
    if (stage == Verb.REPORT) {
      return List.of(written(Verb.EVALUATE, version(Verb.EVALUATE)));
    }
    read.add(written(Verb.PREPARE, version(Verb.PREPARE)));
    Map<String, ModelSource> used =
        stage == Verb.EVALUATE ? models.evaluated() : inputs.used(stage);
    used.values().stream()
        .distinct()
        .forEach(
            source ->
                read.add(
                    Dataset.of(new Path(source.path()), Optional.of(ModelFingerprint.of(source)))));
    return read;
  }

  /** What the report was asked of the model, and its answers. */
  private List<TestResult> tests() {
    List<TestResult> tests = new ArrayList<>();
    for (JsonNode condition :
        folder.files().readJson(new Path(folder.report(), "report.json")).path("conditions")) {
      tests.add(
          new TestResult(
              condition.path("name").asText(),
              switch (condition.path("state").asText()) {
                case "passed" -> "pass";
                case "failed" -> "fail";
                default -> "skip"; // it was not measured
              },
              condition.hasNonNull("limit") ? condition.path("limit").asText() : null,
              condition.hasNonNull("finding") ? condition.path("finding").asText() : null));
    }
    return tests;
  }

  /** Tables at the versions that were read, once they are known. */
  private List<Dataset> sources() {
    List<SourceTable> tables =
        folder.files().exists(folder.corpusManifest())
            ? Optional.ofNullable(Manifest.read(folder).tables()).orElse(List.of())
            : List.of();
    List<Dataset> read = new ArrayList<>();
    List<Source> sources = config.corpus().sources();
    for (int i = 0; i < sources.size(); i++) {
      int number = i;
      Optional<SourceTable> table =
          tables.stream().filter(own -> own.source() == number).findFirst();
      String path = sources.get(i).path();
      Optional<String> version = table.map(SourceTable::version);
      boolean named = sources.get(i).isTable() && !path.contains("/"); // not by its folder
      read.add(
          named
              ? Dataset.table(path, version)
              : Dataset.of(folder.files().qualified(Files.path(path)), version));
    }
    return read;
  }

  private Dataset written(Verb stage, Optional<String> version) {
    return Dataset.of(place(stage), version);
  }

  private Path place(Verb stage) {
    return switch (stage) {
      case PREPARE -> folder.corpus();
      case PRETRAIN -> folder.original();
      case FINETUNE -> folder.finetuned();
      case RETRAIN -> folder.retrained();
      case UNLEARN -> folder.model();
      case EVALUATE -> folder.evaluation().getParent();
      case REPORT -> folder.report();
      default -> throw new IllegalStateException(stage + " is no stage");
    };
  }

  /** The hash of what a stage has written. */
  private Optional<String> version(Verb stage) {
    return switch (stage) {
      case PREPARE -> Optional.of(Manifest.read(folder).chunksSha256());
      case PRETRAIN, FINETUNE, RETRAIN, UNLEARN ->
          Optional.of(ModelFingerprint.of(models.at(place(stage).toString())));
      case EVALUATE -> Optional.of(folder.files().sha256(folder.evaluation()));
      default -> // the report
          Stream.of(new Path(folder.report(), "report.json"))
              .filter(folder.files()::exists)
              .map(folder.files()::sha256)
              .findFirst();
    };
  }
}
