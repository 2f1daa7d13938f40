package lethe.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.corpus.source.DocumentId;
import lethe.corpus.source.JsonFault;
import lethe.corpus.source.JsonLine;
import lethe.folder.Text;
import lethe.settings.NearestNames;
import lethe.spark.ParsedCondition;

/**
 * One line of a request file: a JSON object with the {@code request}'s own id, one of {@code
 * document}, {@code url}, {@code sha256}, {@code where} or {@code domain} alone, and perhaps {@code
 * received}, {@code due}, {@code notify} and {@code supersedes}. Beside the first four a {@code
 * domain} narrows them.
 *
 * @param request the id; null where none can be read
 * @param content of a line that is right; null otherwise
 * @param problem what is wrong; null where nothing is
 */
record RequestLineReader(String request, DeletionRequest content, String problem) {
  private static final Instant LATEST = Instant.parse("9999-01-01T00:00:00Z");
  private static final String DOMAIN = NamedBy.DOMAIN.member();

  private static final List<String> DATES = List.of("received", "due");

  static final List<String> MEMBERS =
      Stream.concat(
              Stream.of("request", "received", "due", "notify", "supersedes"),
              Arrays.stream(NamedBy.values()).map(NamedBy::member))
          .toList();

  static RequestLineReader read(byte[] line) {
    JsonNode json;
    try {
      json = JsonLine.LINE.readTree(Text.decode(line));
    } catch (CharacterCodingException e) {
      return wrong(null, "it is not UTF-8");
    } catch (JsonProcessingException e) {
      return wrong(null, "it is not JSON: " + JsonFault.of(e));
    }
    if (!json.isObject()) {
      return wrong(null, "it is not a JSON object");
    }
    DocumentId id = DocumentId.of(json.path("request"));
    if (id.text() == null) {
      return wrong(null, "request " + id.problem());
    }
    return problem(json)
        .map(problem -> wrong(id.text(), problem))
        .orElseGet(() -> new RequestLineReader(id.text(), content(id.text(), json), null));
  }

  private static RequestLineReader wrong(String request, String problem) {
    return new RequestLineReader(request, null, problem);
  }

  private static Optional<String> problem(JsonNode json) {
    for (String member : (Iterable<String>) json::fieldNames) {
      if (!MEMBERS.contains(member)) {
        return Optional.of(
            "it has a member %s, which is unknown; did you mean %s?"
                .formatted(member, NearestNames.of(member, MEMBERS, 1).get(0)));
      }
    }
    for (String member : List.of("url", "sha256", "where", "domain", "notify", "supersedes")) {
      JsonNode value = json.path(member);
      if (there(value) && (!value.isTextual() || value.asText().isBlank())) {
        return Optional.of("%s must be a text that is not empty, was %s".formatted(member, value));
      }
    }
    for (String member : DATES) {
      if (there(json.path(member)) && time(json.path(member).asText()).isEmpty()) {
        return Optional.of(
            "%s must be a day as 2026-03-31, or a time as 2026-03-31T12:00:00Z, was %s"
                .formatted(member, json.path(member)));
      }
    }
    return naming(json);
  }

  /** What is wrong with how a line names documents. */
  private static Optional<String> naming(JsonNode json) {
    List<String> ways =
        Arrays.stream(NamedBy.values())
            .map(NamedBy::member)
            .filter(way -> !way.equals(DOMAIN) && there(json.path(way)))
            .toList();
    if (ways.size() > 1) {
      return Optional.of(
          "it names documents in two ways, %s".formatted(String.join(" and ", ways)));
    }
    if (ways.isEmpty() && !there(json.path(DOMAIN))) {
      return Optional.of("it must have one of document, url, sha256, where and domain");
    }
    if (there(json.path("document"))) {
      DocumentId id = DocumentId.of(json.path("document"));
      return Optional.ofNullable(id.text() == null ? "document " + id.problem() : null);
    }
    if (there(json.path("sha256")) && !json.path("sha256").asText().matches("[0-9a-fA-F]{64}")) {
      return Optional.of(
          "sha256 must be 64 hexadecimal digits, was " + json.path("sha256").asText());
    }
    return there(json.path("where"))
        ? ParsedCondition.problem(json.path("where").asText())
            .map(why -> "where must be a SQL condition: " + why)
        : Optional.empty();
  }

  private static DeletionRequest content(String request, JsonNode json) {
    List<Wish> wishes = new ArrayList<>();
    String domain = text(json, DOMAIN);
    for (NamedBy by : NamedBy.values()) {
      if (by != NamedBy.DOMAIN && there(json.path(by.member()))) {
        String key =
            by == NamedBy.DOCUMENT
                ? DocumentId.of(json.path("document")).text()
                : json.path(by.member()).asText();
        wishes.add(new Wish(by, by == NamedBy.SHA256 ? key.toLowerCase(Locale.ROOT) : key, domain));
      }
    }
    if (wishes.isEmpty()) {
      wishes.add(new Wish(NamedBy.DOMAIN, domain, null));
    }
    return new DeletionRequest(
        request,
        wishes,
        text(json, "received"),
        text(json, "due"),
        text(json, "notify"),
        text(json, "supersedes"));
  }

  private static boolean there(JsonNode value) {
    return !value.isMissingNode() && !value.isNull();
  }

  private static String text(JsonNode json, String member) {
    return there(json.path(member)) ? json.path(member).asText() : null;
  }

  /** The first moment of a day, in UTC, or a time. */
  static Optional<Instant> time(String text) {
    try {
      return Optional.of(
              text.length() > "2026-03-31".length()
                  ? Instant.parse(text)
                  : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant())
          .filter(time -> time.isBefore(LATEST)); // others overflow when a term is added
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
