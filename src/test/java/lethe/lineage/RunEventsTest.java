package lethe.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.openlineage.client.OpenLineage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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
        List.of(
            RunEvents.file(
                new org.apache.hadoop.fs.Path(folder.resolve("lineage.jsonl").toUri()),
                new lethe.folder.Files(new Configuration()))),
        Clock.fixed(Instant.parse("2026-03-01T01:02:03.004Z"), ZoneOffset.UTC),
        "0.2.0");
  }

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("lineage.jsonl"))) {
      JsonNode event = new ObjectMapper().readTree(line);
      PublishedReader.read(event);
      lines.add(event);
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
    events().end(begun, RunEvents.Ending.COMPLETE, in, out, List.of(), Optional.empty());
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
          .startsWith("https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json#");
      assertThat(event.at("/inputs/1").toString())
          .isEqualTo("{\"namespace\":\"file\",\"name\":\"/data/a b.jsonl\"}");
      assertThat(event.at("/outputs/0/namespace").asText()).isEqualTo("s3://bucket");
      assertThat(event.at("/outputs/0/name").asText()).isEqualTo("run/corpus");
    }
    assertThat(lines)
        .extracting(event -> event.path("eventType").asText())
        .containsExactly("START", "COMPLETE");
  }

  /** What OpenLineage's own classes make of it, and refuse. */
  @Test
  void thePublishedLibraryReadsTheEventsAndRefusesDamagedOnes() throws IOException {
    List<Dataset> in = List.of(Dataset.table("lake.db.docs", Optional.of("7")));
    RunEvents.Begun begun = events().begin("run.report", in, List.of());
    events()
        .end(
            begun,
            RunEvents.Ending.FAIL,
            in,
            List.of(),
            List.of(new RunEvents.TestResult("damage", "fail", "0.3", "0.4")),
            Optional.of(new IllegalStateException()));
    JsonNode event = lines().get(1);
    OpenLineage.RunEvent read = PublishedReader.read(event);
    assertThat(read.getEventType()).isEqualTo(OpenLineage.RunEvent.EventType.FAIL);
    assertThat(read.getRun().getRunId()).isEqualTo(begun.id());
    assertThat(read.getJob().getName()).isEqualTo("run.report");
    assertThat(read.getInputs().get(0).getFacets().getVersion().getDatasetVersion()).isEqualTo("7");
    assertThat(read.getRun().getFacets().getErrorMessage().getProgrammingLanguage())
        .isEqualTo("JAVA");
    assertThat(read.getRun().getFacets().getAdditionalProperties()).containsOnlyKeys("test");
    for (String required :
        List.of(
            "/eventTime",
            "/producer",
            "/schemaURL",
            "/run",
            "/run/runId",
            "/job",
            "/job/namespace",
            "/job/name",
            "/inputs/0/namespace",
            "/inputs/0/name",
            "/inputs/0/facets/version/_producer",
            "/inputs/0/facets/version/_schemaURL",
            "/inputs/0/facets/version/datasetVersion",
            "/run/facets/errorMessage/_producer",
            "/run/facets/errorMessage/_schemaURL",
            "/run/facets/errorMessage/message",
            "/run/facets/errorMessage/programmingLanguage",
            "/run/facets/test/_producer",
            "/run/facets/test/_schemaURL")) {
      refused(event, required, null);
    }
    JsonNodeFactory json = JsonNodeFactory.instance;
    refused(event, "/run/runId", json.textNode("the first"));
    refused(event, "/eventTime", json.textNode("yesterday"));
    refused(event, "/eventType", json.textNode("ENDED"));
    refused(event, "/producer", json.textNode("lethe 0.2"));
    refused(event, "/job/name", json.numberNode(7));
    refused(event, "/inputs/0/facets/version/datasetVersion", json.numberNode(7));
    refused(event, "/run/id", json.textNode("7"));
    refused(event, "/inputs", json.textNode("lake.db.docs"));
    refused(
        event,
        "/schemaURL",
        json.textNode("https://openlineage.io/spec/1-0-0/OpenLineage.json#/$defs/RunEvent"));
    refused(event, "/inputs/0/facets/version/_schemaURL", json.textNode("https://openlineage.io"));
  }

  /**
   * @param pointer to the member that is set
   * @param value null to remove it
   */
  private static void refused(JsonNode event, String pointer, JsonNode value) {
    JsonPointer member = JsonPointer.compile(pointer);
    JsonNode damaged = event.deepCopy();
    ObjectNode parent = (ObjectNode) damaged.at(member.head());
    String name = member.last().getMatchingProperty();
    if (value == null) {
      assertThat(parent.has(name)).as(pointer).isTrue();
      parent.remove(name);
    } else {
      parent.set(name, value);
    }
    assertThatThrownBy(() -> PublishedReader.read(damaged))
        .as(pointer + " " + value)
        .isInstanceOf(AssertionError.class);
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
            List.of(),
            Optional.of(new IllegalStateException("document marker-1 is short")));
    RunEvents.Begun second = events().begin("run.unlearn", List.of(), List.of());
    events().end(second, RunEvents.Ending.ABORT, List.of(), List.of(), List.of(), Optional.empty());
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
  void whatWasTestedIsAFacetOfTheRun() throws IOException {
    RunEvents.Begun begun = events().begin("run.report", List.of(), List.of());
    List<RunEvents.TestResult> tests =
        List.of(
            new RunEvents.TestResult("damage", "pass", "0.3", "0.24 on approximate"),
            new RunEvents.TestResult("earlier", "skip", null, null));
    events().end(begun, RunEvents.Ending.COMPLETE, List.of(), List.of(), tests, Optional.empty());
    JsonNode facet = lines().get(1).at("/run/facets/test");
    assertThat(facet.path("_schemaURL").asText()).endsWith("TestRunFacet.json#/$defs/TestRunFacet");
    assertThat(facet.path("tests").toString())
        .isEqualTo(
            "[{\"name\":\"damage\",\"status\":\"pass\",\"expected\":\"0.3\",\"actual\":\"0.24 on approximate\"},"
                + "{\"name\":\"earlier\",\"status\":\"skip\"}]");
  }

  /** A server that keeps what it gets, refuses one event, and is gone after the third. */
  @Test
  void aServerIsToldAndMayFail() throws IOException {
    List<String> got = new ArrayList<>();
    List<String> said = new ArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          got.add(
              exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization")
                  + " "
                  + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(got.size() == 2 ? 500 : 201, -1);
          exchange.close();
        });
    server.start();
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    LineageServer sink = new LineageServer(url, Optional.of("sesame"), said::add);
    try {
      for (int i = 1; i <= 3; i++) {
        sink.add(new ObjectMapper().createObjectNode().put("event", i));
      }
    } finally {
      server.stop(0);
    }
    assertThat(got)
        .containsExactly(
            "/api/v1/lineage Bearer sesame {\"event\":1}",
            "/api/v1/lineage Bearer sesame {\"event\":2}",
            "/api/v1/lineage Bearer sesame {\"event\":3}");
    assertThat(said)
        .containsExactly(
            "lineage: "
                + url
                + " could not be told of an event, and the run goes on: it answers 500");
    sink.add(new ObjectMapper().createObjectNode());
    sink.add(new ObjectMapper().createObjectNode());
    assertThat(said).as("the gone server is told no more").hasSize(2);
  }

  @Test
  void clustersAndHostsAreInTheNamespace() {
    assertThat(
            Dataset.of(new org.apache.hadoop.fs.Path("hdfs://name:8020/runs/a"), Optional.empty()))
        .isEqualTo(new Dataset("hdfs://name:8020", "/runs/a", Optional.empty()));
  }
}
