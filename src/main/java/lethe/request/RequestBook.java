package lethe.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lethe.json.Json;
import lethe.ledger.Draft;
import lethe.ledger.Entry;
import lethe.ledger.EntryKind;
import lethe.ledger.Ledger;
import lethe.ledger.LedgerLine;

/** What the ledger says of every request and of every document that was forgotten. */
public final class RequestBook {
  /** The member of a {@link EntryKind#FORGOTTEN} entry's private part that names documents. */
  public static final String DOCUMENTS = "documents";

  /** The member of its detail that says how many documents of the request are still known. */
  public static final String LEFT = "left";

  /** The member of the same part that names documents which a run could not train on. */
  public static final String UNTRAINED = "untrained";

  /** The member that says why a request is not carried out. */
  public static final String REASON = "reason";

  private static final String DUE = "due";
  private static final String RECEIVED = "received";

  private final Map<String, RequestState> requests = new LinkedHashMap<>();
  private final Map<ForgottenName.Text, ForgottenName> forgotten = new LinkedHashMap<>();
  private final Set<ForgottenName.Text> untrained = new HashSet<>();
  private final Set<SetAside> setAside = new LinkedHashSet<>();

  private RequestBook() {}

  /** Replays a ledger. */
  public static RequestBook of(Ledger ledger) {
    RequestBook book = new RequestBook();
    ledger.lines().forEach(book::add);
    return book;
  }

  private void add(LedgerLine line) {
    Entry entry = line.entry();
    String id = entry.request();
    switch (entry.kind()) {
      case RECEIVED ->
          requests.put(
              id,
              new RequestState(
                  read(line.secret(), DeletionRequest.class),
                  Instant.parse(entry.detail().path(RECEIVED).asText()),
                  Instant.parse(entry.detail().path(DUE).asText()),
                  RequestStatus.OPEN,
                  Optional.empty(),
                  null,
                  null));
      case SET_ASIDE -> setAside.add(read(line.secret(), SetAside.class));
      case FORGOTTEN -> {
        requests.computeIfPresent(
            id,
            (request, state) -> state.forgotten(entry.detail().path(LEFT).asLong(), entry.night()));
        for (JsonNode document : line.secret().path(DOCUMENTS)) {
          ForgottenName name = read(document, ForgottenName.class);
          forgotten.put(name.text(), name);
        }
        untrained(line);
      }
      case REFUSED -> end(line, RequestStatus.REFUSED);
      case SUPERSEDED -> end(line, RequestStatus.SUPERSEDED);
      case NOT_SERVED -> untrained(line);
      case PLANNED, VERIFIED -> {} // of nights
    }
  }

  /** A copy for others does not have these names. */
  private void untrained(LedgerLine line) {
    if (line.secret() != null) {
      line.secret()
          .path(UNTRAINED)
          .forEach(document -> untrained.add(read(document, ForgottenName.class).text()));
    }
  }

  private void end(LedgerLine line, RequestStatus how) {
    requests.computeIfPresent(
        line.entry().request(), (id, state) -> state.ended(how, reason(line)));
  }

  /** The whole reason, which may name documents, where the house has it. */
  private static String reason(LedgerLine line) {
    JsonNode open = line.entry().detail().path(REASON);
    return (line.secret() == null ? open : line.secret().path(REASON)).asText(open.asText());
  }

  private static <T> T read(JsonNode json, Class<T> type) {
    try {
      return Json.MAPPER.treeToValue(json, type);
    } catch (JsonProcessingException e) { // the chain is right, so another version wrote it
      throw new IllegalStateException("Cannot read what the ledger has of a request: " + json, e);
    }
  }

  /** All requests, in the order in which they were read. */
  public Collection<RequestState> requests() {
    return List.copyOf(requests.values());
  }

  /** A request by its id. */
  public Optional<RequestState> request(String id) {
    return Optional.ofNullable(requests.get(id));
  }

  /** The open requests, those that are due first. */
  public List<RequestState> open() {
    return requests.values().stream()
        .filter(RequestState::open)
        .sorted(
            Comparator.comparing(RequestState::due)
                .thenComparing(RequestState::received)
                .thenComparing(RequestState::request))
        .toList();
  }

  /** Whether a document was forgotten with the text that it has now. */
  public boolean isForgotten(ForgottenName document) {
    return forgotten.containsKey(document.text());
  }

  /** Whether a run was to forget a document as it is now, and could not train on it. */
  public boolean isUntrained(ForgottenName document) {
    return untrained.contains(document.text());
  }

  /** The forgotten documents that a line names, with the texts that they had then. */
  public List<ForgottenName> forgotten(Wish wish) {
    return forgotten.values().stream().filter(f -> f.meant(wish)).toList();
  }

  /** All lines that were set aside. */
  public List<SetAside> setAside() {
    return List.copyOf(setAside);
  }

  /** Every document that was ever forgotten, in the order in which they were. */
  public List<ForgottenName> forgotten() {
    return List.copyOf(forgotten.values());
  }

  /**
   * The forgotten documents that a request names, if each of its lines names one of them by the
   * hash of its text: then it is answered without a look at the sources. An id may stand for
   * another text by now.
   */
  public Optional<List<ForgottenName>> answer(DeletionRequest request) {
    List<ForgottenName> all = new ArrayList<>();
    for (Wish wish : request.wishes()) {
      List<ForgottenName> own = forgotten(wish);
      if (wish.by() != NamedBy.SHA256 || own.isEmpty()) {
        return Optional.empty();
      }
      all.addAll(own);
    }
    return Optional.of(all.stream().distinct().toList());
  }

  /**
   * The entries for what a folder of requests has that the ledger does not.
   *
   * @param content of the folder
   * @param now when it was read
   * @param term after which a request without a due day is due
   */
  public List<Draft> news(RequestFolder.Content content, Instant now, Duration term) {
    List<Draft> drafts = new ArrayList<>();
    Map<String, DeletionRequest> known = new LinkedHashMap<>();
    requests.forEach((id, state) -> known.put(id, state.content()));
    Set<SetAside> aside = new HashSet<>(setAside);
    List<DeletionRequest> fresh = new ArrayList<>();
    for (DeletionRequest request : content.requests()) {
      DeletionRequest before = known.putIfAbsent(request.request(), request);
      if (before == null) {
        drafts.add(received(request, now, term));
        fresh.add(request);
      } else if (!before.equals(request)) {
        setAside(
            new SetAside(
                "",
                0,
                request.request(),
                "a request with this id was received before and says something else; give this one another id, and let it supersede the other if it should",
                request.wishes().toString()),
            aside,
            drafts);
      }
    }
    fresh.forEach(request -> superseded(request, fresh).ifPresent(drafts::add));
    content.setAside().forEach(line -> setAside(line, aside, drafts));
    return drafts;
  }

  /** The new requests that are to supersede another and do not: it is unknown, or has ended. */
  public static List<String> supersedeNothing(List<Draft> news) {
    Set<String> superseding = new HashSet<>();
    news.stream()
        .filter(draft -> draft.kind() == EntryKind.SUPERSEDED)
        .forEach(draft -> superseding.add(draft.detail().path(REASON).asText()));
    return news.stream()
        .filter(draft -> draft.kind() == EntryKind.RECEIVED)
        .filter(draft -> draft.secret().path("supersedes").isTextual())
        .map(Draft::request)
        .filter(id -> !superseding.contains(id))
        .toList();
  }

  private static Draft received(DeletionRequest request, Instant now, Duration term) {
    Instant received =
        Optional.ofNullable(request.received()).flatMap(RequestLineReader::time).orElse(now);
    Instant due =
        Optional.ofNullable(request.due()).map(RequestBook::endOfDay).orElse(received.plus(term));
    return Draft.open(
            EntryKind.RECEIVED,
            request.request(),
            null,
            Map.of(
                RECEIVED,
                received.toString(),
                DUE,
                due.toString(),
                "lines",
                request.wishes().size()))
        .with(request);
  }

  /** A due day is over when the next begins, in UTC. */
  private static Instant endOfDay(String due) {
    return due.length() > "2026-03-31".length()
        ? Instant.parse(due)
        : LocalDate.parse(due).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /** Only what is open can be superseded: what is forgotten stays so. */
  private Optional<Draft> superseded(DeletionRequest by, List<DeletionRequest> fresh) {
    String old = by.supersedes();
    boolean open =
        old != null
            && !old.equals(by.request())
            && (request(old).filter(RequestState::open).isPresent()
                || fresh.stream().anyMatch(other -> other.request().equals(old)));
    return open
        ? Optional.of(Draft.open(EntryKind.SUPERSEDED, old, null, Map.of(REASON, by.request())))
        : Optional.empty();
  }

  /** What an entry sets aside. */
  public static SetAside setAside(Draft draft) {
    return read(draft.secret(), SetAside.class);
  }

  /** A line that stays in its folder is recorded once. */
  private static void setAside(SetAside line, Set<SetAside> known, List<Draft> drafts) {
    if (known.add(line)) {
      drafts.add(
          Draft.open(EntryKind.SET_ASIDE, line.request(), null, Map.of("line", line.line()))
              .with(line)); // the reason may quote what the line names
    }
  }
}
