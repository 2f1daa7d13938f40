package lethe.lineage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.openlineage.client.OpenLineage;
import java.net.URI;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads events with the classes that OpenLineage publishes, which are made from its schema, and
 * writes them again with those: what these classes do not know, or know with another type, or under
 * another version of the schema, comes out in another way than it went in.
 */
public final class PublishedReader {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.ALLOW_FINAL_FIELDS_AS_MUTATORS) // so they keep their own versions
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES) // they are then not written
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  private PublishedReader() {}

  /**
   * @throws AssertionError when it is not an event of a run as the specification has it
   */
  public static OpenLineage.RunEvent read(JsonNode event) {
    OpenLineage.RunEvent read;
    try {
      read = JSON.treeToValue(event, OpenLineage.RunEvent.class);
    } catch (JsonProcessingException e) {
      throw new AssertionError("No event of OpenLineage: " + e.getOriginalMessage(), e);
    }
    List<String> missing = missing(read);
    if (!missing.isEmpty()) {
      throw new AssertionError("No event of OpenLineage, these are missing: " + missing);
    }
    JsonNode before = comparable(event);
    JsonNode after = comparable(JSON.valueToTree(read));
    if (!before.equals(after)) {
      throw new AssertionError(
          "No event of OpenLineage: it was\n%s\nand is read as\n%s".formatted(before, after));
    }
    return read;
  }

  /** Members that the specification requires; others of them are written by the classes anyhow. */
  private static List<String> missing(OpenLineage.RunEvent event) {
    List<String> missing = new ArrayList<>();
    need(missing, "eventTime", event.getEventTime());
    need(missing, "producer", event.getProducer());
    need(missing, "eventType", event.getEventType());
    need(missing, "run", event.getRun());
    need(missing, "job", event.getJob());
    if (event.getRun() != null) {
      need(missing, "run.runId", event.getRun().getRunId());
      if (event.getRun().getFacets() != null) {
        facets(missing, event.getRun().getFacets());
      }
    }
    if (event.getJob() != null) {
      need(missing, "job.namespace", event.getJob().getNamespace());
      need(missing, "job.name", event.getJob().getName());
    }
    List<OpenLineage.Dataset> datasets = new ArrayList<>();
    datasets.addAll(event.getInputs());
    datasets.addAll(event.getOutputs());
    for (OpenLineage.Dataset dataset : datasets) {
      need(missing, "namespace of a dataset", dataset.getNamespace());
      need(missing, "name of a dataset", dataset.getName());
      if (dataset.getFacets() != null && dataset.getFacets().getVersion() != null) {
        OpenLineage.DatasetVersionDatasetFacet version = dataset.getFacets().getVersion();
        need(missing, "version._producer", version.get_producer());
        need(missing, "version.datasetVersion", version.getDatasetVersion());
        need(missing, "version.", version.get_schemaURL(), version.getAdditionalProperties());
      }
    }
    return missing;
  }

  private static void facets(List<String> missing, OpenLineage.RunFacets facets) {
    OpenLineage.ErrorMessageRunFacet error = facets.getErrorMessage();
    if (error != null) {
      need(missing, "errorMessage._producer", error.get_producer());
      need(missing, "errorMessage.message", error.getMessage());
      need(missing, "errorMessage.programmingLanguage", error.getProgrammingLanguage());
      need(missing, "errorMessage.", error.get_schemaURL(), error.getAdditionalProperties());
    }
    facets
        .getAdditionalProperties()
        .forEach((name, own) -> need(missing, name + "._producer", own.get_producer()));
  }

  private static void need(List<String> missing, String name, Object value) {
    if (value == null) {
      missing.add(name);
    }
  }

  /** A facet's class takes another schema's address for a member that it does not know. */
  private static void need(
      List<String> missing, String facet, URI schema, Map<String, Object> more) {
    if (more.containsKey("_schemaURL") && !schema.toString().equals(more.get("_schemaURL"))) {
      missing.add(facet + "_schemaURL " + schema);
    }
  }

  /**
   * The same moment may be written in several ways; and of a facet that these classes have no class
   * for they keep all but the address of its schema, which must be there.
   */
  private static JsonNode comparable(JsonNode event) {
    ObjectNode copy = event.deepCopy();
    try {
      copy.put(
          "eventTime", ZonedDateTime.parse(copy.path("eventTime").asText()).toInstant().toString());
    } catch (DateTimeParseException e) {
      throw new AssertionError("No time of an event: " + copy.path("eventTime"), e);
    }
    if (copy.at("/run/facets/test") instanceof ObjectNode test && test.has("_schemaURL")) {
      test.put("_schemaURL", "");
    }
    return copy;
  }
}
