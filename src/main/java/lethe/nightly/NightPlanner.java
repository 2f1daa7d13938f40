package lethe.nightly;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import lethe.ledger.Draft;
import lethe.ledger.EntryKind;
import lethe.ledger.Ledger;
import lethe.request.ForgottenName;
import lethe.request.RequestBook;
import lethe.request.RequestState;
import lethe.request.Wish;

/**
 * Decides what a night does: takes the open requests by their due days, answers those whose
 * documents are forgotten already, refuses those that name nothing or too much, and fills the night
 * with documents of the others.
 *
 * @param settings of the nights
 * @param folder of the nights
 * @param ledger to which the plan is added
 * @param start the model in service; empty before the first night
 * @param say hears what is worth knowing, a sentence each
 */
record NightPlanner(
    NightlySettings settings,
    NightlyFolder folder,
    Ledger ledger,
    Optional<InService> start,
    Consumer<String> say) {
  private static final String UNKNOWN = "no usable document of the sources has what it names";
  private static final String UNTRAINED =
      "what is left of it cannot be trained on: texts too short for a chunk, questions that fill one, or several texts under one id";

  /** What became of the open requests when they were looked at. */
  private record Sorted(List<Draft> drafts, List<NightPlan.Part> parts) {}

  /**
   * Plans a night and writes the plan down; empty where nothing is left to forget.
   *
   * @param date of the night, ISO 8601
   * @param lookup finds what requests name, given them and what is forgotten; called only where the
   *     ledger alone cannot answer
   */
  Optional<NightPlan> plan(
      String date, Instant now, Function<List<RequestState>, SourceLookup.Found> lookup) {
    RequestBook book = RequestBook.of(ledger);
    List<Draft> drafts = new ArrayList<>();
    List<RequestState> rest = new ArrayList<>();
    for (RequestState state : book.open()) {
      Optional<List<ForgottenName>> answer = book.answer(state.content());
      answer.ifPresent(documents -> drafts.add(answered(state, documents)));
      if (answer.isEmpty()) {
        rest.add(state);
      }
    }
    if (rest.isEmpty()) {
      ledger.append(drafts, now);
      return Optional.empty();
    }
    SourceLookup.Found found = lookup.apply(rest);
    Sorted sorted = sort(rest, found, book);
    drafts.addAll(sorted.drafts());
    if (sorted.parts().isEmpty()) {
      ledger.append(drafts, now);
      return Optional.empty();
    }
    String night = NightPlan.name(date, ledger.lines());
    String earlier = NightPlan.earlier(found.there());
    NightPlan plan =
        new NightPlan(
            night,
            start.map(s -> new NightPlan.Start(s.model(), s.fingerprint())).orElse(null),
            sorted.parts(),
            found.there().isEmpty() ? null : NightPlan.sha256(earlier));
    folder.files().writeText(folder.forget(night), plan.forget());
    if (!found.there().isEmpty()) {
      folder.files().writeText(folder.earlier(night), earlier);
    }
    int gone = book.forgotten().size() - found.there().size();
    if (gone > 0) {
      say.accept(
          "%d documents that were forgotten before are no longer in the sources as they were and cannot be tested again"
              .formatted(gone));
    }
    drafts.add(plan.draft(ledger.key(), found.there().size(), gone));
    ledger.append(drafts, now);
    return Optional.of(plan);
  }

  private Sorted sort(List<RequestState> requests, SourceLookup.Found found, RequestBook book) {
    List<Draft> drafts = new ArrayList<>();
    Map<String, NightPlan.Part> waiting = new LinkedHashMap<>();
    for (RequestState state : requests) {
      String id = state.request();
      if (found.refused().containsKey(id)) {
        drafts.add(
            refused(
                state,
                "what it names cannot be looked for, or is too much",
                found.refused().get(id)));
        continue;
      }
      Set<ForgottenName> named = new LinkedHashSet<>(found.documents().get(id));
      List<Wish> unknown = new ArrayList<>();
      for (Wish wish : found.unknown().get(id)) { // gone from the sources since it was forgotten?
        List<ForgottenName> before = book.forgotten(wish);
        named.addAll(before);
        if (before.isEmpty()) {
          unknown.add(wish);
        }
      }
      if (named.isEmpty()) {
        drafts.add(refused(state, UNKNOWN, UNKNOWN + ": " + unknown));
        continue;
      }
      List<ForgottenName> left = named.stream().filter(d -> !book.isForgotten(d)).toList();
      List<ForgottenName> pending = left.stream().filter(d -> !book.isUntrained(d)).toList();
      if (left.isEmpty()) {
        drafts.add(answered(state, List.copyOf(named)));
      } else if (pending.isEmpty()) {
        drafts.add(refused(state, UNTRAINED, UNTRAINED + ": " + names(left)));
      } else {
        int untrained = left.size() - pending.size(); // which stay, so the request cannot be done
        waiting.put(id, new NightPlan.Part(id, pending, untrained, unknown.size()));
      }
    }
    List<String> next = RefusedNights.of(ledger.lines()).next(waiting.keySet());
    if (next.size() < waiting.size()) {
      say.accept(
          "a run with some of these requests was refused before, so this night takes %d of %d"
              .formatted(next.size(), waiting.size()));
    }
    return new Sorted(drafts, filled(next.stream().map(waiting::get).toList()));
  }

  private static List<String> names(List<ForgottenName> documents) {
    return documents.stream().map(d -> d.domain() + "/" + d.document()).toList();
  }

  /** As many documents of the requests as a night takes. */
  private List<NightPlan.Part> filled(List<NightPlan.Part> waiting) {
    List<NightPlan.Part> parts = new ArrayList<>();
    Set<ForgottenName> tonight = new LinkedHashSet<>();
    for (NightPlan.Part part : waiting) {
      List<ForgottenName> own = new ArrayList<>();
      for (ForgottenName document : part.documents()) {
        if (tonight.contains(document) || tonight.size() < settings.documents()) {
          tonight.add(document);
          own.add(document);
        }
      }
      if (!own.isEmpty()) {
        long left = part.left() + part.documents().size() - own.size();
        parts.add(new NightPlan.Part(part.request(), own, left, part.unknown()));
      }
    }
    return parts;
  }

  private Draft answered(RequestState state, List<ForgottenName> documents) {
    say.accept(
        "request %s: everything that it names was forgotten before; see the ledger"
            .formatted(state.request()));
    Map<String, Object> detail = new LinkedHashMap<>();
    detail.put(
        RequestBook.DOCUMENTS,
        documents.stream().map(d -> ledger.key().name(d.domain(), d.document())).toList());
    detail.put(RequestBook.LEFT, 0);
    detail.put("before", true);
    return Draft.open(EntryKind.FORGOTTEN, state.request(), null, detail)
        .with(Map.of(RequestBook.DOCUMENTS, documents));
  }

  /**
   * @param open the reason as everybody may read it
   * @param whole the reason with what it names
   */
  private Draft refused(RequestState state, String open, String whole) {
    say.accept( // a log may be read by those who may not read the ledger's private part
        "request %s is refused: %s; ledger --request %1$s shows it"
            .formatted(state.request(), open));
    return Draft.open(EntryKind.REFUSED, state.request(), null, Map.of(RequestBook.REASON, open))
        .with(Map.of(RequestBook.REASON, whole));
  }
}
