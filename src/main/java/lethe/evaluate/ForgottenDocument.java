package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import lethe.evaluate.metric.Interval;
import lethe.json.OrNull;
import lethe.target.Outcome;
import lethe.target.Split;

/**
 * What became of one document to forget: documents that are known too well and documents that are
 * known too badly cancel each other in a mean, and here they do not.
 *
 * @param domain of the document
 * @param document its id
 * @param requests that name it, in order
 * @param chunks scored
 * @param tokens scored
 * @param nll mean loss by model, nats per token; null where it is not finite
 * @param unseen where one more unseen document of the domain would lie, see {@link
 *     UnseenDocuments}; null where too few are known
 * @param outcomes by model, other than the original; see {@link UnseenDocuments#outcome}
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ForgottenDocument(
    String domain,
    String document,
    List<String> requests,
    long chunks,
    long tokens,
    Map<String, Double> nll,
    @OrNull Interval unseen,
    Map<String, Outcome> outcomes) {

  /**
   * All documents to forget, the worst of the unlearned model first: those whose loss is not
   * finite, then those farthest outside their range, to either side.
   *
   * @param scores by model
   * @param requests to forget; empty where none were listed
   */
  static List<ForgottenDocument> of(
      Map<String, List<DocumentScore>> scores, List<RequestLine> requests) {
    UnseenDocuments unseen =
        UnseenDocuments.of(scores.getOrDefault(ModelNames.ORIGINAL, List.of()));
    Map<List<String>, TreeSet<String>> named = new HashMap<>();
    for (RequestLine line : requests) {
      if (line.place() != null) {
        named.computeIfAbsent(line.place(), d -> new TreeSet<>()).add(line.request());
      }
    }
    Map<List<String>, Map<String, DocumentScore>> documents = new LinkedHashMap<>();
    scores.forEach(
        (model, own) ->
            own.stream()
                .filter(d -> d.split().equals(Split.FORGET.key()))
                .forEach(
                    d ->
                        documents
                            .computeIfAbsent(
                                List.of(d.domain(), d.document()), p -> new LinkedHashMap<>())
                            .put(model, d)));
    List<ForgottenDocument> found = new ArrayList<>();
    documents.forEach(
        (place, byModel) ->
            found.add(
                of(byModel, List.copyOf(named.getOrDefault(place, new TreeSet<>())), unseen)));
    found.sort(Comparator.comparingDouble(ForgottenDocument::outside).reversed()); // is stable
    return found;
  }

  private static ForgottenDocument of(
      Map<String, DocumentScore> byModel, List<String> requests, UnseenDocuments unseen) {
    DocumentScore any = byModel.values().iterator().next();
    Map<String, Double> nll = new LinkedHashMap<>();
    byModel.forEach((model, d) -> nll.put(model, SplitScores.finite(d.nll() / d.tokens())));
    Map<String, Outcome> outcomes = new TreeMap<>();
    byModel.keySet().stream()
        .filter(model -> !model.equals(ModelNames.ORIGINAL))
        .forEach(
            model ->
                outcomes.put(
                    model,
                    unseen.outcome(any.domain(), nll.get(ModelNames.ORIGINAL), nll.get(model))));
    return new ForgottenDocument(
        any.domain(),
        any.document(),
        requests,
        any.chunks(),
        any.tokens(),
        nll,
        unseen.ranges().get(any.domain()),
        outcomes);
  }

  /** Nats outside the range, below 0 inside it. */
  private double outside() {
    Double after = nll.get(ModelNames.UNLEARNED);
    if (!nll.containsKey(ModelNames.UNLEARNED)) {
      return 0;
    }
    if (after == null) {
      return Double.POSITIVE_INFINITY;
    }
    return unseen == null
        ? Double.NEGATIVE_INFINITY
        : Math.max(unseen.low() - after, after - unseen.high());
  }
}
