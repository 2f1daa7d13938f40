package lethe.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunEventsTest {
  @TempDir Path folder;

  private RunEvents events() {
    return new RunEvents(
        new org.apache.hadoop.fs.Path(folder.resolve("lineage.jsonl").toUri()),
        new lethe.folder.Files(new Configuration()),
        Clock.fixed(Instant.parse("2026-03-01T01:02:03.004Z"), ZoneOffset.UTC),
        "0.2.0");
  }

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("lineage.jsonl"))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  /** The members that the specification requires, with its types. */
  @Test
  void eachLineIsARunEventOfTheSpecification() throws IOException {
    List<Dataset> in =
        List.of(
            Dataset.table("lake.db.docs", Optional.of("7")),
            Dataset.of(new org.apache.hadoop.fs.Path("file:/data/a b.jsonl"), Optional.empty()));
    List<Dataset> out =
        List.of(
            Dataset.of(
                new org.apache.hadoop.fs.Path("s3a://k:s@bucket/run/corpus"), Optional.of("ab")));
    RunEvents.Begun begun = events().begin("run.prepare", in, out);
    events().end(begun, RunEvents.Ending.COMPLETE, in, out, Optional.empty());
    List<JsonNode> lines = lines();
    assertThat(lines).hasSize(2);
    for (JsonNode event : lines) {
      assertThat(Instant.parse(event.path("eventTime").asText()))
          .isEqualTo(Instant.parse("2026-03-01T01:02:03.004Z"));
      assertThat(UUID.fromString(event.at("/run/runId").asText())).isEqualTo(begun.id());
      assertThat(event.path("job").toString())
          .isEqualTo("{\"namespace\":\"lethe\",\"name\":\"run.prepare\"}");
      assertThat(event.path("producer").asText()).isEqualTo("urn:lethe:0.2.0");
      assertThat(event.path("schemaURL").asText())
          .isEqualTo("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
      assertThat(event.path("inputs")).hasSize(2);
      JsonNode version = event.at("/inputs/0/facets/version");
      assertThat(version.path("datasetVersion").asText()).isEqualTo("7");
      assertThat(version.path("_producer").asText()).isEqualTo("urn:lethe:0.2.0");
      assertThat(version.path("_schemaURL").asText())
          .startsWith("https://openlineage.io/spec/facets/1-0-0/DatasetVersionDatasetFacet.json#");
      assertThat(event.at("/inputs/1").toString())
          .isEqualTo("{\"namespace\":\"file\",\"name\":\"/data/a b.jsonl\"}");
      assertThat(event.at("/outputs/0/namespace").asText()).isEqualTo("s3://bucket");
      assertThat(event.at("/outputs/0/name").asText()).isEqualTo("run/corpus");
    }
    assertThat(lines)
        .extracting(event -> event.path("eventType").asText())
        .containsExactly("START", "COMPLETE");
  }

  @Test
  void whatFailsIsNamedByItsClassAlone() throws IOException {
    RunEvents.Begun first = events().begin("run.unlearn", List.of(), List.of());
    events()
        .end(
            first,
            RunEvents.Ending.FAIL,
            List.of(),
            List.of(),
            Optional.of(new IllegalStateException("document marker-1 is short")));
    RunEvents.Begun second = events().begin("run.unlearn", List.of(), List.of());
    events().end(second, RunEvents.Ending.ABORT, List.of(), List.of(), Optional.empty());
    List<JsonNode> lines = lines();
    assertThat(lines.get(1).at("/run/facets/errorMessage/message").asText())
        .isEqualTo("java.lang.IllegalStateException");
    assertThat(lines.get(1).at("/run/facets/errorMessage/programmingLanguage").asText())
        .isEqualTo("JAVA");
    assertThat(lines.toString()).doesNotContain("marker-1");
    assertThat(lines.get(3).path("run").has("facets")).isFalse();
    assertThat(Set.of(first.id(), second.id())).hasSize(2);
    assertThat(lines)
        .extracting(event -> event.path("eventType").asText())
        .containsExactly("START", "FAIL", "START", "ABORT");
  }

  @Test
  void clustersAndHostsAreInTheNamespace() {
    assertThat(
            Dataset.of(new org.apache.hadoop.fs.Path("hdfs://name:8020/runs/a"), Optional.empty()))
        .isEqualTo(new Dataset("hdfs://name:8020", "/runs/a", Optional.empty()));
  }
}
