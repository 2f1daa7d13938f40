package lethe.nightly;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lethe.json.Json;
import lethe.json.OrNull;
import lethe.ledger.Draft;
import lethe.ledger.Entry;
import lethe.ledger.EntryKind;
import lethe.ledger.LedgerKey;
import lethe.ledger.LedgerLine;
import lethe.request.ForgottenName;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What a night does, decided before it begins and written to the ledger: whoever goes on with the
 * night does the same.
 *
 * @param night its name, a date and from the second on a number
 * @param start the model that it begins with; null for the one of the settings
 * @param asked the requests that it works on
 * @param earlierSha256 of the file with the documents that were forgotten before; null without any
 */
record NightPlan(String night, Start start, List<Part> asked, String earlierSha256) {
  /** The model in service when the night was planned. */
  record Start(String model, String fingerprint) {}

  /**
   * What a night does for a request.
   *
   * @param request id
   * @param documents to forget this night
   * @param left of its documents, after this night
   * @param unknown how many of its lines name nothing in the sources
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Part(String request, List<ForgottenName> documents, long left, long unknown) {}

  /** What only the house may read of a plan. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Secret(@OrNull Start start, List<Part> asked) {}

  /** The plan of an entry that has one. */
  static NightPlan of(LedgerLine line) {
    try {
      Secret secret = Json.MAPPER.treeToValue(line.secret(), Secret.class);
      return new NightPlan(
          line.entry().night(),
          secret.start(),
          secret.asked(),
          line.entry().detail().path("earlier_sha256").textValue());
    } catch (JsonProcessingException e) { // the chain is right, so another version wrote it
      throw new IllegalStateException("Cannot read a plan in the ledger: " + line.secret(), e);
    }
  }

  /** The last plan of the ledger whose night has no outcome. */
  static Optional<NightPlan> unfinished(List<LedgerLine> lines) {
    Optional<NightPlan> last = Optional.empty();
    for (LedgerLine line : lines) {
      switch (line.entry().kind()) {
        case PLANNED -> last = Optional.of(of(line));
        case VERIFIED, NOT_SERVED -> last = Optional.empty();
        default -> {} // of requests
      }
    }
    return last;
  }

  /**
   * The name of a night on a date: one that no plan has yet.
   *
   * @param date ISO 8601
   */
  static String name(String date, List<LedgerLine> lines) {
    Set<String> taken = new LinkedHashSet<>();
    lines.stream()
        .map(LedgerLine::entry)
        .filter(entry -> entry.kind() == EntryKind.PLANNED)
        .map(Entry::night)
        .forEach(taken::add);
    String name = date;
    for (int n = 2; taken.contains(name); n++) {
      name = date + "-" + n;
    }
    return name;
  }

  /** The documents to forget, each once. */
  List<ForgottenName> documents() {
    return asked.stream().flatMap(part -> part.documents().stream()).distinct().toList();
  }

  /** The file of requests that the run of this night forgets. */
  String forget() {
    List<String> lines = new ArrayList<>();
    asked.forEach(
        part -> part.documents().forEach(document -> lines.add(line(part.request(), document))));
    return String.join("", lines);
  }

  /** The file of requests for documents that were forgotten before. */
  static String earlier(List<ForgottenName> documents) {
    return String.join("", documents.stream().map(d -> line("earlier", d)).toList());
  }

  private static String line(String request, ForgottenName document) {
    ObjectNode line = Json.MAPPER.createObjectNode();
    line.put("request", request);
    line.put("document", document.document());
    line.put("domain", document.domain());
    return line + "\n";
  }

  static String sha256(String file) {
    return DigestUtils.sha256Hex(file);
  }

  /**
   * The entry of this plan.
   *
   * @param earlier documents that were forgotten before and are scored again
   * @param gone documents that were forgotten before and that the sources no longer have
   */
  Draft draft(LedgerKey key, long earlier, long gone) {
    Map<String, Object> detail = new LinkedHashMap<>();
    detail.put("requests", asked.stream().map(Part::request).toList());
    detail.put(
        "documents", documents().stream().map(d -> key.name(d.domain(), d.document())).toList());
    detail.put("earlier", earlier);
    detail.put("gone", gone);
    if (start != null) {
      detail.put("start", start.fingerprint());
    }
    if (earlierSha256 != null) {
      detail.put("earlier_sha256", earlierSha256);
    }
    return Draft.open(EntryKind.PLANNED, null, night, detail).with(new Secret(start, asked));
  }
}
