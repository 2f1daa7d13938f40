package lethe.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stands for a server of MLflow: keeps what it is told, and refuses what the real one does after
 * its REST documentation: unknown experiments and runs, batches that are too long, a parameter that
 * changes, names that it does not take.
 */
final class MlflowServer implements AutoCloseable {
  final Map<String, String> experiments = new LinkedHashMap<>();
  final Map<String, Kept> runs = new LinkedHashMap<>();
  final Map<String, String> files = new LinkedHashMap<>();
  final List<String> authorizations = new ArrayList<>();
  int requests;

  /** Status with which everything is answered, if any. */
  int failing;

  /** What is before the path of a run's files. */
  String artifacts = "mlflow-artifacts:/";

  private final HttpServer server;

  /** A run as it is kept. */
  static final class Kept {
    String experiment;
    String name;
    String status = "RUNNING";
    final Map<String, String> parameters = new LinkedHashMap<>();
    final Map<String, String> tags = new LinkedHashMap<>();
    final Map<String, Map<Long, Double>> metrics = new LinkedHashMap<>();
  }

  MlflowServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    requests++;
    authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    String said;
    int status = 200;
    try {
      if (failing > 0) {
        throw new Refused(failing, "INTERNAL_ERROR");
      }
      said = said(exchange, body);
    } catch (Refused e) {
      status = e.status;
      said = "{\"error_code\":\"" + e.getMessage() + "\"}";
    }
    byte[] bytes = said.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int status;

    Refused(int status, String code) {
      super(code);
      this.status = status;
    }
  }

  private String said(HttpExchange exchange, byte[] body) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String query = exchange.getRequestURI().getQuery();
    String files = "/api/2.0/mlflow-artifacts/artifacts/";
    if (exchange.getRequestMethod().equals("PUT") && path.startsWith(files)) {
      this.files.put(path.substring(files.length()), new String(body, StandardCharsets.UTF_8));
      return "{}";
    }
    JsonNode asked = new ObjectMapper().readTree(body);
    String what = exchange.getRequestMethod() + path.replace("/api/2.0/mlflow/", " ");
    return switch (what) {
      case "GET experiments/get-by-name" -> {
        String id = experiments.get(query.replace("experiment_name=", ""));
        if (id == null) {
          throw new Refused(404, "RESOURCE_DOES_NOT_EXIST");
        }
        yield "{\"experiment\":{\"experiment_id\":\"" + id + "\"}}";
      }
      case "POST experiments/create" -> {
        String id = String.valueOf(experiments.size() + 1);
        experiments.put(asked.get("name").asText(), id);
        yield "{\"experiment_id\":\"" + id + "\"}";
      }
      case "POST runs/create" -> {
        Kept run = new Kept();
        run.experiment = asked.get("experiment_id").asText();
        run.name = asked.get("run_name").asText();
        if (!experiments.containsValue(run.experiment) || !asked.get("start_time").isNumber()) {
          throw new Refused(400, "INVALID_PARAMETER_VALUE");
        }
        String id = "r" + (runs.size() + 1);
        runs.put(id, run);
        yield described(id);
      }
      case "GET runs/get" -> described(query.replace("run_id=", ""));
      case "POST runs/log-batch" -> batch(kept(asked.get("run_id").asText()), asked);
      case "POST runs/update" -> {
        kept(asked.get("run_id").asText()).status = asked.get("status").asText();
        yield "{}";
      }
      default -> throw new Refused(404, "ENDPOINT_NOT_FOUND");
    };
  }

  private String described(String id) {
    return "{\"run\":{\"info\":{\"run_id\":\"%s\",\"artifact_uri\":\"%s%s/%s/artifacts\",\"lifecycle_stage\":\"active\"}}}"
        .formatted(id, artifacts, kept(id).experiment, id);
  }

  private Kept kept(String id) {
    Kept run = runs.get(id);
    if (run == null) {
      throw new Refused(404, "RESOURCE_DOES_NOT_EXIST");
    }
    return run;
  }

  private static String batch(Kept run, JsonNode asked) {
    if (asked.path("metrics").size() > 1000
        || asked.path("params").size() > 100
        || asked.path("tags").size() > 100) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE");
    }
    for (JsonNode one : asked.path("params")) {
      String value = one.get("value").asText();
      if (value.length() > 500 || !run.parameters.getOrDefault(name(one), value).equals(value)) {
        throw new Refused(400, "INVALID_PARAMETER_VALUE");
      }
      run.parameters.put(name(one), value);
    }
    asked.path("tags").forEach(one -> run.tags.put(name(one), one.get("value").asText()));
    for (JsonNode one : asked.path("metrics")) {
      if (!one.get("value").isNumber() || !one.get("timestamp").isIntegralNumber()) {
        throw new Refused(400, "INVALID_PARAMETER_VALUE");
      }
      run.metrics
          .computeIfAbsent(name(one), n -> new LinkedHashMap<>())
          .put(one.get("step").asLong(), one.get("value").asDouble());
    }
    return "{}";
  }

  /** As MLflow takes them. */
  private static String name(JsonNode one) {
    String name = one.get("key").asText();
    if (!name.matches("[A-Za-z0-9_\\-. /:]{1,250}")) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE");
    }
    return name;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
