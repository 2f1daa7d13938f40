package lethe.nightly;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.ledger.EntryKind;
import lethe.ledger.LedgerLine;

/**
 * How often a run was refused in which a request's documents were to be forgotten. One request can
 * make a run impossible, for example by a document of a domain without approximate text, and must
 * not keep the others waiting: those that were never in such a run come first, and then, night by
 * night in turn with new ones, those that were. Of these half are tried at a time, so that the one
 * is found in as many of their nights as halving takes, however many new ones arrive.
 *
 * @param counts by request; none for a request that was in no such run
 * @param again whether the last night took requests that had been in one
 */
record RefusedNights(Map<String, Integer> counts, boolean again) {
  /** The member of a {@link EntryKind#NOT_SERVED} entry's detail that says that it was. */
  static final String REFUSED = "refused";

  static RefusedNights of(List<LedgerLine> ledger) {
    Map<String, NightPlan> plans = new HashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    boolean again = false;
    for (LedgerLine line : ledger) {
      if (line.entry().kind() == EntryKind.PLANNED) {
        NightPlan plan = NightPlan.of(line);
        plans.put(line.entry().night(), plan);
        again = plan.asked().stream().anyMatch(part -> counts.containsKey(part.request()));
      } else if (line.entry().kind() == EntryKind.NOT_SERVED
          && line.entry().detail().path(REFUSED).asBoolean()) {
        plans
            .get(line.entry().night())
            .asked()
            .forEach(part -> counts.merge(part.request(), 1, Integer::sum));
      }
    }
    return new RefusedNights(counts, again);
  }

  /**
   * The requests for the next night.
   *
   * @param waiting that have something to forget, those first that are due first
   */
  List<String> next(Collection<String> waiting) {
    List<String> fresh = waiting.stream().filter(request -> count(request) == 0).toList();
    List<String> tried = waiting.stream().filter(request -> count(request) > 0).toList();
    if (tried.isEmpty() || (again && !fresh.isEmpty())) {
      return fresh;
    }
    int least = tried.stream().mapToInt(this::count).min().orElseThrow();
    List<String> alike = tried.stream().filter(request -> count(request) == least).toList();
    return alike.subList(0, Math.max(1, alike.size() / 2));
  }

  private int count(String request) {
    return counts.getOrDefault(request, 0);
  }
}
