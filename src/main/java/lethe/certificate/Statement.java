package lethe.certificate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.ledger.CanonicalJson;
import lethe.ledger.Entry;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.Path;

/**
 * What is certified, as an in-toto statement of version 1: a function of the run's files and of an
 * entry of a ledger alone, so that whoever has them can make it again and compare.
 */
final class Statement {
  static final String EVIDENCE = "evidence";
  static final String LEDGER = "ledger";

  private static final String SHA256 = "sha256";
  private static final String REMEDY = "run report again";

  /** What no run can show. */
  private static final List<String> OUT_OF_SCOPE =
      List.of(
          "copies of the model that were handed out before, and models made from them",
          "copies of the documents elsewhere: data sets, backups, logs",
          "embeddings, indexes and caches that were made of the documents",
          "near copies below the thresholds of corpus.duplicates, and paraphrases",
          "documents that were not requested, whatever they say of the same matter");

  private Statement() {}

  /**
   * @param entry of the ledger that says how the night of this run ended; empty for a run that no
   *     ledger is about
   * @throws lethe.settings.InvalidSettings when the run has not ended
   */
  static JsonNode of(RunFolder run, Optional<Entry> entry) {
    Evidence evidence = new Evidence(run);
    ObjectNode statement = Json.MAPPER.createObjectNode();
    statement.put("_type", "https://in-toto.io/Statement/v1");
    ArrayNode subject = statement.putArray("subject");
    evidence.model().forEach((name, sha256) -> named(subject.addObject(), name, sha256));
    statement.put("predicateType", "urn:lethe:unlearning:1");
    ObjectNode predicate = statement.putObject("predicate");
    ArrayNode files = predicate.putArray(EVIDENCE);
    evidence.others().forEach((name, sha256) -> named(files.addObject(), name, sha256));
    JsonNode record = run.files().readObject(run.provenance(), REMEDY);
    JsonNode report = run.files().readObject(new Path(run.report(), "report.json"), REMEDY);
    predicate.put("level", Level.of(report, record.path("settings")).words());
    findings(predicate, report);
    made(predicate, run, record);
    entry.ifPresent(
        e -> predicate.putObject(LEDGER).put("entry", e.number()).put("hash", e.hash()));
    ArrayNode outside = predicate.putArray("out_of_scope");
    OUT_OF_SCOPE.forEach(outside::add);
    return statement;
  }

  private static void named(ObjectNode to, String name, String sha256) {
    to.put("name", name).putObject("digest").put(SHA256, sha256);
  }

  /** What the report found. */
  private static void findings(ObjectNode predicate, JsonNode report) {
    ArrayNode requests = predicate.putArray("requests");
    for (JsonNode request : report.path("requests")) {
      ObjectNode own = requests.addObject();
      own.put(SHA256, DigestUtils.sha256Hex(request.path("request").asText()));
      own.set("documents", request.path("documents"));
      own.set("outcome", request.path("outcome"));
    }
    predicate.set("coverage", report.path("coverage"));
    predicate.set("verdict", report.path("verdict"));
    if (report.has("domain_verdicts")) { // reports of older versions have none
      ArrayNode verdicts = predicate.putArray("domain_verdicts");
      for (JsonNode verdict : report.path("domain_verdicts")) {
        if (verdict.path("model").asText().equals("unlearned")) {
          verdicts.add(verdict);
        }
      }
    }
    predicate.set("target", report.path("target"));
    ArrayNode domains = predicate.putArray("domains");
    for (JsonNode row : report.path("scores")) {
      if (row.path("split").asText().equals("forget")
          && row.path("model").asText().equals("unlearned")) {
        ObjectNode own = domains.addObject();
        for (String member :
            List.of("domain", "documents", "chunks", "tokens", "nll", "intervals")) {
          own.set(member, row.path(member));
        }
      }
    }
    ArrayNode gates = predicate.putArray("gates");
    for (JsonNode condition : report.path("conditions")) {
      ObjectNode own = gates.addObject();
      for (String member : List.of("name", "required", "state", "limit", "finding")) {
        own.set(member, condition.path(member));
      }
    }
  }

  /** What the model was made from, and with. */
  private static void made(ObjectNode predicate, RunFolder run, JsonNode record) {
    ObjectNode made = predicate.putObject("made");
    made.put("chunks_sha256", record.path("chunks_sha256").asText());
    JsonNode origin =
        run.files().readObject(new Path(run.model(), "lethe.json"), REMEDY).at("/made/models");
    made.set("models", origin);
    made.set("settings", record.path("settings")); // without what is withheld there
    made.put(
        "settings_sha256", DigestUtils.sha256Hex(CanonicalJson.bytes(record.path("settings"))));
    for (String member : List.of("lethe", "commit", "java", "spark", "processor")) {
      made.put(member, record.path(member).asText("not recorded"));
    }
    if (record.has("environments")) { // runs of older versions have none
      made.set("environments", record.path("environments"));
    }
    for (Map.Entry<String, String> one :
        Map.of("threads", "/settings/train/threads", "shards", "/settings/train/shards")
            .entrySet()) {
      made.set(one.getKey(), record.at(one.getValue()));
    }
  }
}
