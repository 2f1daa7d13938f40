package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lethe.json.OrNull;
import lethe.settings.Section;
import lethe.target.Outcome;
import lethe.target.Split;

/**
 * What became of one request to forget.
 *
 * @param request its id
 * @param documents taken for it that have chunks
 * @param tokens scored of them
 * @param nll of them by model, nats per token; null where it is not finite
 * @param outcome of the unlearned model: under if a document of it is, else over if one is, else
 *     undecided if one is, else matched; null where no document was scored with that model
 * @param outcomes of the unlearned model: how many documents there are of each
 * @param unmet lines of the request for which no document was taken, each with its reason
 */
@JsonNaming(SnakeCaseStrategy.class)
public record RequestScore(
    String request,
    long documents,
    long tokens,
    Map<String, Double> nll,
    @OrNull Outcome outcome,
    Map<String, Long> outcomes,
    List<String> unmet) {
  /** Outcomes in the order of what a requester should look at. */
  public static final List<Outcome> WORST_FIRST =
      List.of(Outcome.UNDER, Outcome.OVER, Outcome.UNDECIDED, Outcome.MATCHED);

  /** A document to forget: its scores by model, and what became of it. */
  private record Known(Map<String, DocumentScore> scores, ForgottenDocument document) {}

  /**
   * @param requests in order
   * @param scores by model
   * @param documents to forget
   */
  static List<RequestScore> of(
      List<RequestLine> requests,
      Map<String, List<DocumentScore>> scores,
      List<ForgottenDocument> documents) {
    Map<List<String>, Known> known = new HashMap<>();
    documents.forEach(
        d -> known.put(List.of(d.domain(), d.document()), new Known(new LinkedHashMap<>(), d)));
    scores.forEach(
        (model, own) ->
            own.stream()
                .filter(d -> d.split().equals(Split.FORGET.key()))
                .forEach(d -> known.get(List.of(d.domain(), d.document())).scores().put(model, d)));
    Map<String, List<RequestLine>> lines = new TreeMap<>();
    requests.forEach(
        line -> lines.computeIfAbsent(line.request(), r -> new ArrayList<>()).add(line));
    List<RequestScore> found = new ArrayList<>();
    lines.forEach((request, own) -> found.add(of(request, own, scores.keySet(), known)));
    return found;
  }

  private static RequestScore of(
      String request, List<RequestLine> lines, Set<String> models, Map<List<String>, Known> known) {
    List<Known> own =
        lines.stream()
            .map(RequestLine::place)
            .distinct()
            .map(known::get)
            .filter(d -> d != null)
            .toList();
    Map<String, Long> outcomes = new LinkedHashMap<>();
    Outcome worst = null;
    for (Outcome outcome : WORST_FIRST) {
      long count =
          own.stream()
              .filter(d -> d.document().outcomes().get(ModelNames.UNLEARNED) == outcome)
              .count();
      if (count > 0) {
        outcomes.put(Section.spelling(outcome), count);
        worst = worst == null ? outcome : worst;
      }
    }
    long tokens = own.stream().mapToLong(d -> d.document().tokens()).sum();
    Map<String, Double> nll = new LinkedHashMap<>();
    for (String model : models) {
      double sum = own.stream().mapToDouble(d -> d.scores().get(model).nll()).sum();
      nll.put(model, SplitScores.finite(sum / tokens));
    }
    return new RequestScore(
        request,
        own.size(),
        tokens,
        nll,
        worst,
        outcomes,
        lines.stream()
            .filter(line -> line.document() == null)
            .map(line -> line.by() + " " + line.key() + ": " + line.reason())
            .toList());
  }
}
