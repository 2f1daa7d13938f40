package lethe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import lethe.console.Console;
import lethe.corpus.Manifest;
import lethe.folder.RunFolder;
import lethe.lineage.PublishedReader;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.pipeline.Pipeline;
import lethe.run.RunConfig;
import lethe.run.Verb;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run notes of its stages, for tools that follow data. */
class LineageIT {
  @TempDir Path folder;

  @BeforeAll
  static void inOneProcess() {
    OneProcess.begin();
  }

  @AfterAll
  static void asBefore() {
    OneProcess.end();
  }

  @Test
  void everyStageSaysWhatItReadAndWroteAndNothingOfItFailsARun() throws IOException {
    Path conf = SmallRun.in(folder);
    run(Verb.RUN, conf);
    List<JsonNode> events = events();
    assertThat(events)
        .extracting(e -> e.at("/job/name").asText() + " " + e.path("eventType").asText())
        .containsExactly(
            "run.prepare START",
            "run.prepare COMPLETE",
            "run.unlearn START",
            "run.unlearn COMPLETE",
            "run.evaluate START",
            "run.evaluate COMPLETE",
            "run.report START",
            "run.report COMPLETE");
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    String chunks = run.corpus().toUri().getPath() + " " + Manifest.read(run).chunksSha256();
    String model = run.model().toUri().getPath() + " " + fingerprint("run/model");
    String original = folder.resolve("model") + " " + fingerprint("model");
    assertThat(named(events.get(1), "inputs"))
        .containsExactly(
            folder.resolve("data/paper.jsonl") + " ", folder.resolve("data/book.jsonl") + " ");
    assertThat(named(events.get(1), "outputs")).containsExactly(chunks);
    assertThat(named(events.get(2), "outputs"))
        .as("not yet")
        .containsExactly(folder + "/run/model ");
    assertThat(named(events.get(3), "inputs")).containsExactly(chunks, original);
    assertThat(named(events.get(3), "outputs")).containsExactly(model);
    assertThat(named(events.get(5), "inputs")).containsExactly(chunks, original, model);
    assertThat(named(events.get(7), "inputs")).isEqualTo(named(events.get(5), "outputs"));

    // A stage that fails, and events that cannot be written.
    Files.delete(anyPart());
    Throwable why = catchThrowable(() -> run(Verb.UNLEARN, conf, "overwrite=true"));
    assertThat(why).isNotNull();
    JsonNode failed = events().get(9);
    assertThat(failed.path("eventType").asText()).isEqualTo("FAIL");
    assertThat(failed.at("/run/facets/errorMessage/message").asText())
        .isEqualTo(why.getClass().getName());
    assertThat(named(failed, "outputs")).isEmpty();
    Files.delete(folder.resolve("run/lineage.jsonl"));
    Files.createDirectories(folder.resolve("run/lineage.jsonl/in-its-place"));
    assertThat(run(Verb.PREPARE, conf, "overwrite=true"))
        .contains("lineage: an event could not be written, and the run goes on: ")
        .contains("prepare: ");
    assertThat(run.files().exists(run.corpusManifest())).isTrue();
  }

  private Path anyPart() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("run/corpus/chunks"))) {
      return files
          .filter(f -> f.toString().endsWith(".parquet"))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  private String fingerprint(String model) {
    return ModelFingerprint.of(new ModelSource(folder.resolve(model).toUri().toString(), Map.of()));
  }

  private static List<String> named(JsonNode event, String member) {
    return StreamSupport.stream(event.path(member).spliterator(), false)
        .map(d -> d.path("name").asText() + " " + d.at("/facets/version/datasetVersion").asText(""))
        .toList();
  }

  private List<JsonNode> events() throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("run/lineage.jsonl"))) {
      JsonNode event = new ObjectMapper().readTree(line);
      PublishedReader.read(event);
      events.add(event);
    }
    return events;
  }

  private static String run(Verb verb, Path conf, String... more) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    List<String> pairs = new ArrayList<>(List.of(more));
    pairs.add("track.lineage=true");
    new Pipeline(
            RunConfig.read(verb, conf, pairs),
            new Console(new PrintStream(said, true, StandardCharsets.UTF_8)))
        .run();
    return said.toString(StandardCharsets.UTF_8);
  }
}
