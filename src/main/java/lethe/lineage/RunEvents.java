package lethe.lineage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import lethe.folder.Files;
import lethe.json.Json;
import org.apache.hadoop.fs.Path;

/**
 * Run events of OpenLineage, version 2-0-2 of its specification: a START when a job begins, and a
 * COMPLETE, ABORT or FAIL when it ends. They have no text of a document: of an error its class
 * alone.
 */
public final class RunEvents {
  private static final String SCHEMA =
      "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

  private static final String VERSION_FACET =
      "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet";

  private static final String ERROR_FACET =
      "https://openlineage.io/spec/facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet";

  private static final String TEST_FACET =
      "https://openlineage.io/spec/facets/1-0-1/TestRunFacet.json#/$defs/TestRunFacet";

  private static final String NAMESPACE = "lethe";

  /** Takes events, one after the other. */
  @FunctionalInterface
  public interface Sink {
    void add(ObjectNode event);
  }

  /**
   * What a job was tested for.
   *
   * @param name of the test
   * @param status {@code pass}, {@code fail} or {@code skip}
   * @param expected null where there is nothing to say
   * @param actual likewise
   */
  public record TestResult(String name, String status, String expected, String actual) {}

  /** How a job ends. */
  public enum Ending {
    COMPLETE,
    /** It was asked to stop. */
    ABORT,
    FAIL
  }

  /**
   * A job that has begun.
   *
   * @param id of this time that it runs
   * @param job its name
   */
  public record Begun(UUID id, String job) {}

  private final List<Sink> sinks;
  private final Clock clock;
  private final String producer;

  /**
   * @param version of this program
   */
  public RunEvents(List<Sink> sinks, Clock clock, String version) {
    this.sinks = sinks;
    this.clock = clock;
    this.producer = "urn:lethe:" + version;
  }

  /**
   * Adds lines to a file; one process at a time may do so. Object stores cannot append, and there
   * are few events.
   */
  public static Sink file(Path file, Files files) {
    return event -> {
      String before =
          files.exists(file) ? new String(files.read(file), StandardCharsets.UTF_8) : "";
      files.writeText(file, before + event + "\n");
    };
  }

  /**
   * Notes that a job begins.
   *
   * @param job its name, the same each time
   */
  public Begun begin(String job, List<Dataset> inputs, List<Dataset> outputs) {
    Begun begun = new Begun(UUID.randomUUID(), job);
    ObjectNode event = event("START", begun, inputs, outputs);
    sinks.forEach(sink -> sink.add(event));
    return begun;
  }

  /**
   * Notes that it has ended.
   *
   * @param tests that were made of what it has written
   * @param error of one that fails
   */
  public void end(
      Begun begun,
      Ending ending,
      List<Dataset> inputs,
      List<Dataset> outputs,
      List<TestResult> tests,
      Optional<Throwable> error) {
    ObjectNode event = event(ending.name(), begun, inputs, outputs);
    ObjectNode run = (ObjectNode) event.get("run");
    if (!tests.isEmpty()) {
      tests(
          facet(run.withObject("/facets").putObject("test"), TEST_FACET).putArray("tests"), tests);
    }
    error.ifPresent(
        why -> {
          facet(run.withObject("/facets").putObject("errorMessage"), ERROR_FACET)
              .put("message", why.getClass().getName())
              .put("programmingLanguage", "JAVA");
        });
    sinks.forEach(sink -> sink.add(event));
  }

  private static void tests(ArrayNode to, List<TestResult> tests) {
    for (TestResult test : tests) {
      ObjectNode own = to.addObject().put("name", test.name()).put("status", test.status());
      if (test.expected() != null) {
        own.put("expected", test.expected());
      }
      if (test.actual() != null) {
        own.put("actual", test.actual());
      }
    }
  }

  private ObjectNode event(String type, Begun begun, List<Dataset> inputs, List<Dataset> outputs) {
    ObjectNode event = Json.MAPPER.createObjectNode();
    event.put("eventType", type);
    event.put("eventTime", clock.instant().toString());
    event.putObject("run").put("runId", begun.id().toString());
    event.putObject("job").put("namespace", NAMESPACE).put("name", begun.job());
    datasets(event.putArray("inputs"), inputs);
    datasets(event.putArray("outputs"), outputs);
    event.put("producer", producer);
    event.put("schemaURL", SCHEMA);
    return event;
  }

  private void datasets(ArrayNode to, List<Dataset> datasets) {
    for (Dataset dataset : datasets) {
      ObjectNode own = to.addObject();
      own.put("namespace", dataset.namespace()).put("name", dataset.name());
      dataset
          .version()
          .ifPresent(
              version ->
                  facet(own.putObject("facets").putObject("version"), VERSION_FACET)
                      .put("datasetVersion", version));
    }
  }

  private ObjectNode facet(ObjectNode facet, String schema) {
    return facet.put("_producer", producer).put("_schemaURL", schema);
  }
}
