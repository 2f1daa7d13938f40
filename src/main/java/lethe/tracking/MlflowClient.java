package lethe.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.json.Json;

/**
 * Tells a server of MLflow about a run, by its REST interface (version 2.0).
 *
 * <pre>
 *   experiments/get-by-name, experiments/create, runs/create, runs/update
 *   runs/log-batch    at most 1,000 metrics, 100 parameters and 100 tags at a time
 *   mlflow-artifacts/artifacts/PATH    puts a file, where the server keeps artifacts itself
 * </pre>
 */
final class MlflowClient {
  /** As its documentation limits them; longer values are cut. */
  private static final int METRICS = 1000;

  private static final int NAMES = 100;
  private static final int VALUE = 500;
  private static final int TAG = 5000;

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String API = "/api/2.0/mlflow/";
  private static final String PROXIED = "mlflow-artifacts:";

  private final TrackSettings.Mlflow settings;
  private final Optional<String> token;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();

  /**
   * A metric at a step.
   *
   * @param name letters, digits, {@code _ - . / } and spaces
   */
  record Metric(String name, double value, Instant when, long step) {}

  /**
   * A run that the server knows.
   *
   * @param id of it
   * @param artifacts where it keeps its files
   * @param fresh whether it was made just now
   */
  record Known(String id, String artifacts, boolean fresh) {}

  /**
   * @param token for the header Authorization, if the server asks for one
   */
  MlflowClient(TrackSettings.Mlflow settings, Optional<String> token) {
    this.settings = settings;
    this.token = token;
  }

  /** The experiment's id; it is made if it is not there. */
  String experiment() throws IOException {
    String name = URLEncoder.encode(settings.experiment(), StandardCharsets.UTF_8);
    HttpResponse<String> found =
        send(request(API + "experiments/get-by-name?experiment_name=" + name).GET());
    if (found.statusCode() == 404) {
      ObjectNode asked = Json.MAPPER.createObjectNode().put("name", settings.experiment());
      return post("experiments/create", asked).path("experiment_id").asText();
    }
    return read(found).path("experiment").path("experiment_id").asText();
  }

  /** Begins a run. */
  Known create(String experiment, String name, Instant begun) throws IOException {
    ObjectNode asked = Json.MAPPER.createObjectNode();
    asked.put("experiment_id", experiment).put("run_name", name);
    asked.put("start_time", begun.toEpochMilli());
    return known(post("runs/create", asked).path("run"), true);
  }

  /** A run that was made before; empty if the server has it no longer. */
  Optional<Known> find(String id) throws IOException {
    HttpResponse<String> found = send(request(API + "runs/get?run_id=" + id).GET());
    if (found.statusCode() == 404) {
      return Optional.empty();
    }
    JsonNode run = read(found).path("run");
    return run.path("info").path("lifecycle_stage").asText().equals("deleted")
        ? Optional.empty()
        : Optional.of(known(run, false));
  }

  private static Known known(JsonNode run, boolean fresh) {
    JsonNode info = run.path("info");
    return new Known(info.path("run_id").asText(), info.path("artifact_uri").asText(), fresh);
  }

  /**
   * Notes what a run was made with and what it found, in as many requests as are needed.
   *
   * @param parameters of a fresh run; they cannot be changed later
   */
  void log(
      Known run, Map<String, String> parameters, Map<String, String> tags, List<Metric> metrics)
      throws IOException {
    for (List<Map.Entry<String, String>> some : parts(List.copyOf(parameters.entrySet()), NAMES)) {
      ObjectNode batch = batch(run);
      some.forEach(entry -> pair(batch.withArray("params"), entry, VALUE));
      post("runs/log-batch", batch);
    }
    for (List<Map.Entry<String, String>> some : parts(List.copyOf(tags.entrySet()), NAMES)) {
      ObjectNode batch = batch(run);
      some.forEach(entry -> pair(batch.withArray("tags"), entry, TAG));
      post("runs/log-batch", batch);
    }
    for (List<Metric> some : parts(metrics, METRICS)) {
      ObjectNode batch = batch(run);
      ArrayNode all = batch.withArray("metrics");
      some.forEach(
          metric ->
              all.addObject()
                  .put("key", metric.name())
                  .put("value", metric.value())
                  .put("timestamp", metric.when().toEpochMilli())
                  .put("step", metric.step()));
      post("runs/log-batch", batch);
    }
  }

  /** Whether the server takes files for a run. */
  static boolean takesFiles(Known run) {
    return run.artifacts().startsWith(PROXIED);
  }

  /** Puts a file beside a run. */
  void put(Known run, String name, byte[] content) throws IOException {
    // mlflow-artifacts:/EXPERIMENT/RUN/artifacts, or with a host before the path
    String folder = URI.create(run.artifacts()).getPath().replaceAll("^/+", "");
    read(
        send(
            request("/api/2.0/mlflow-artifacts/artifacts/" + folder + "/" + name)
                .header("Content-Type", "application/octet-stream")
                .PUT(BodyPublishers.ofByteArray(content))));
  }

  /** Ends a run. */
  void end(Known run, Instant when) throws IOException {
    ObjectNode asked = Json.MAPPER.createObjectNode();
    asked.put("run_id", run.id()).put("status", "FINISHED").put("end_time", when.toEpochMilli());
    post("runs/update", asked);
  }

  private static ObjectNode batch(Known run) {
    return Json.MAPPER.createObjectNode().put("run_id", run.id());
  }

  private static void pair(ArrayNode to, Map.Entry<String, String> entry, int most) {
    String value = entry.getValue();
    to.addObject()
        .put("key", entry.getKey())
        .put("value", value.length() > most ? value.substring(0, most - 3) + "..." : value);
  }

  private static <T> List<List<T>> parts(List<T> all, int most) {
    List<List<T>> parts = new ArrayList<>();
    for (int from = 0; from < all.size(); from += most) {
      parts.add(all.subList(from, Math.min(all.size(), from + most)));
    }
    return parts;
  }

  private JsonNode post(String what, ObjectNode asked) throws IOException {
    return read(
        send(
            request(API + what)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(asked.toString()))));
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(settings.url() + path)).timeout(PATIENCE);
    token.ifPresent(value -> request.header("Authorization", "Bearer " + value));
    return request;
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
    try {
      return client.send(request.build(), BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static JsonNode read(HttpResponse<String> answer) throws IOException {
    if (answer.statusCode() / 100 != 2) {
      String why = answer.body();
      throw new IOException(
          "%s answers %d: %s"
              .formatted(
                  answer.uri().getPath(),
                  answer.statusCode(),
                  why.substring(0, Math.min(why.length(), 200))));
    }
    return answer.body().isBlank()
        ? Json.MAPPER.createObjectNode()
        : Json.MAPPER.readTree(answer.body());
  }
}
