package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.target.Split;

/**
 * How well models know documents that earlier runs made a model forget, by the request that names
 * them in {@code corpus.splits.earlier}: a task of continual unlearning is such a request.
 *
 * @param request its id
 * @param documents of it that were scored
 * @param tokens scored of them
 * @param nll of them by model, nats per token; null where it is not finite
 */
@JsonNaming(SnakeCaseStrategy.class)
public record EarlierScore(String request, long documents, long tokens, Map<String, Double> nll) {

  /**
   * @param requests of the split earlier, in order
   * @param scores by model
   * @return one per request with a document that was scored, by their ids
   */
  static List<EarlierScore> of(
      List<RequestLine> requests, Map<String, List<DocumentScore>> scores) {
    Map<String, Map<List<String>, DocumentScore>> known = new LinkedHashMap<>();
    scores.forEach(
        (model, all) -> {
          Map<List<String>, DocumentScore> own = new HashMap<>();
          all.stream()
              .filter(d -> d.split().equals(Split.EARLIER.key()))
              .forEach(d -> own.put(List.of(d.domain(), d.document()), d));
          known.put(model, own);
        });
    Map<String, LinkedHashSet<List<String>>> places = new TreeMap<>();
    for (RequestLine line : requests) {
      if (line.place() != null) {
        places.computeIfAbsent(line.request(), r -> new LinkedHashSet<>()).add(line.place());
      }
    }
    List<EarlierScore> found = new ArrayList<>();
    places.forEach(
        (request, documents) -> {
          Map<String, Double> nll = new LinkedHashMap<>();
          long scored = 0;
          long tokens = 0;
          for (Map.Entry<String, Map<List<String>, DocumentScore>> model : known.entrySet()) {
            List<DocumentScore> own =
                documents.stream().map(model.getValue()::get).filter(d -> d != null).toList();
            scored = own.size();
            tokens = own.stream().mapToLong(DocumentScore::tokens).sum();
            double sum = own.stream().mapToDouble(DocumentScore::nll).sum();
            nll.put(model.getKey(), SplitScores.finite(sum / tokens));
          }
          if (scored > 0) {
            found.add(new EarlierScore(request, scored, tokens, nll));
          }
        });
    return found;
  }
}
