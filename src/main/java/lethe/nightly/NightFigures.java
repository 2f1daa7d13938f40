package lethe.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;
import lethe.folder.RunFolder;
import lethe.request.ForgottenName;
import org.apache.hadoop.fs.Path;

/**
 * What a night's report says, for the ledger: losses of the whole splits in nats per token, and
 * whether each condition was met.
 *
 * @param report as {@code report.json}
 * @param documents to forget that were trained on and scored, by domain and id
 */
record NightFigures(JsonNode report, Set<List<String>> documents) {

  static NightFigures of(RunFolder run) {
    Path file = new Path(run.report(), "report.json");
    String remedy = "run the night again with overwrite=true";
    Set<List<String>> documents = new HashSet<>();
    run.files()
        .readObject(run.evaluation(), remedy)
        .path("documents")
        .forEach(
            d -> documents.add(List.of(d.path("domain").asText(), d.path("document").asText())));
    return new NightFigures(run.files().readObject(file, remedy), documents);
  }

  /** Whether the run trained on a document to forget, and scored it. */
  boolean scored(ForgottenName document) {
    return documents.contains(List.of(document.domain(), document.document()));
  }

  /**
   * Members {@code losses} (by split: {@code original}, {@code unlearned}), {@code target}, {@code
   * distance}, {@code verdict}, {@code gates} (by name, the state) and {@code chunks_sha256}; those
   * that are unknown are left out.
   */
  Map<String, Object> detail() {
    Map<String, Object> detail = new LinkedHashMap<>();
    detail.put("losses", losses());
    number("target", report.at("/target/nll"), detail);
    number("distance", report.at("/verdict/distance"), detail);
    if (report.at("/verdict/outcome").isTextual()) {
      detail.put("verdict", report.at("/verdict/outcome").asText());
    }
    Map<String, String> gates = new LinkedHashMap<>();
    report
        .path("conditions")
        .forEach(gate -> gates.put(gate.path("name").asText(), gate.path("state").asText()));
    detail.put("gates", gates);
    detail.put("chunks_sha256", report.at("/corpus/chunks_sha256").asText());
    return detail;
  }

  private Map<String, Map<String, Double>> losses() {
    Map<String, Map<String, Double>> losses = new LinkedHashMap<>();
    for (JsonNode row : report.path("scores")) {
      String model = row.path("model").asText();
      boolean own = model.equals(ModelNames.ORIGINAL) || model.equals(ModelNames.UNLEARNED);
      if (own && row.path("domain").asText().equals(SplitScore.ALL) && row.path("nll").isNumber()) {
        losses
            .computeIfAbsent(row.path("split").asText(), split -> new LinkedHashMap<>())
            .put(model, row.path("nll").asDouble());
      }
    }
    return losses;
  }

  private static void number(String name, JsonNode value, Map<String, Object> to) {
    if (value.isNumber()) {
      to.put(name, value.asDouble());
    }
  }

  /** What became of a request's documents, the worst of them; empty where none was scored. */
  Optional<String> outcome(String request) {
    return request(request)
        .map(found -> found.path("outcome"))
        .filter(JsonNode::isTextual)
        .map(JsonNode::asText);
  }

  /** Why documents of a request could not be trained on, such as being too short; one per line. */
  List<String> unmet(String request) {
    List<String> unmet = new ArrayList<>();
    request(request).ifPresent(found -> found.path("unmet").forEach(u -> unmet.add(u.asText())));
    return unmet;
  }

  private Optional<JsonNode> request(String request) {
    for (JsonNode found : report.path("requests")) {
      if (found.path("request").asText().equals(request)) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }
}
