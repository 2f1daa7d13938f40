package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What became of one request to forget.
 *
 * @param request its id
 * @param documents that were taken for it and have chunks
 * @param tokens scored of them
 * @param nll of them by model, nats a token; null where it is no finite number
 * @param unmet lines of the request that nothing was taken for, each with its reason
 */
@JsonNaming(SnakeCaseStrategy.class)
public record RequestScore(
    String request, long documents, long tokens, Map<String, Double> nll, List<String> unmet) {

  /**
   * @param requests as prepare lists them
   * @param scores by model
   */
  static List<RequestScore> of(Dataset<Row> requests, Map<String, List<DocumentScore>> scores) {
    Map<String, List<Row>> lines = new TreeMap<>();
    requests
        .filter("split = 'forget'")
        .orderBy("request", "by", "key", "domain", "document")
        .collectAsList()
        .stream()
        .forEach(
            line -> lines.computeIfAbsent(line.getAs("request"), r -> new ArrayList<>()).add(line));
    Map<String, Map<List<String>, DocumentScore>> known = new LinkedHashMap<>();
    scores.forEach(
        (model, documents) -> {
          Map<List<String>, DocumentScore> own = new HashMap<>();
          documents.stream()
              .filter(d -> d.split().equals("forget"))
              .forEach(d -> own.put(List.of(d.domain(), d.document()), d));
          known.put(model, own);
        });
    List<RequestScore> found = new ArrayList<>();
    lines.forEach((request, own) -> found.add(of(request, own, known)));
    return found;
  }

  private static RequestScore of(
      String request, List<Row> lines, Map<String, Map<List<String>, DocumentScore>> known) {
    List<List<String>> documents =
        lines.stream()
            .filter(line -> line.getAs("document") != null)
            .map(line -> List.of(line.<String>getAs("domain"), line.<String>getAs("document")))
            .distinct()
            .toList();
    long count = 0;
    long tokens = 0;
    Map<String, Double> nll = new LinkedHashMap<>();
    for (Map.Entry<String, Map<List<String>, DocumentScore>> model : known.entrySet()) {
      List<DocumentScore> own =
          documents.stream().map(model.getValue()::get).filter(d -> d != null).toList();
      count = own.size();
      tokens = own.stream().mapToLong(DocumentScore::tokens).sum();
      double sum = own.stream().mapToDouble(DocumentScore::nll).sum();
      nll.put(model.getKey(), SplitScores.finite(sum / tokens));
    }
    return new RequestScore(
        request,
        count,
        tokens,
        nll,
        lines.stream()
            .filter(line -> line.getAs("document") == null)
            .map(line -> line.getAs("by") + " " + line.getAs("key") + ": " + line.getAs("reason"))
            .toList());
  }
}
