package lethe.evaluate;

import static lethe.table.Columns.BY;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.KEY;
import static lethe.table.Columns.REASON;
import static lethe.table.Columns.REQUEST;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What became of one request to forget.
 *
 * @param request its id
 * @param documents taken for it that have chunks
 * @param tokens scored of them
 * @param nll of them by model, nats per token; null where it is not finite
 * @param unmet lines of the request for which no document was taken, each with its reason
 */
@JsonNaming(SnakeCaseStrategy.class)
public record RequestScore(
    String request, long documents, long tokens, Map<String, Double> nll, List<String> unmet) {

  /**
   * A line of a request with a document that was taken for it, or with the reason why none was.
   *
   * @param by how the line names it: document, url or sha256
   * @param key the name it gives
   * @param document null if there is none
   * @param reason null if there is one
   */
  private record Line(
      String request, String by, String key, String domain, String document, String reason) {
    static Line from(Row row) {
      return new Line(
          row.getAs(REQUEST),
          row.getAs(BY),
          row.getAs(KEY),
          row.getAs(DOMAIN),
          row.getAs(DOCUMENT),
          row.getAs(REASON));
    }
  }

  /**
   * @param requests as prepare lists them
   * @param scores by model
   */
  static List<RequestScore> of(Dataset<Row> requests, Map<String, List<DocumentScore>> scores) {
    Map<String, List<Line>> lines = new TreeMap<>();
    requests
        .filter(col(SPLIT).equalTo(Split.FORGET.key()))
        .orderBy(REQUEST, BY, KEY, DOMAIN, DOCUMENT)
        .collectAsList()
        .stream()
        .map(Line::from)
        .forEach(line -> lines.computeIfAbsent(line.request(), r -> new ArrayList<>()).add(line));
    Map<String, Map<List<String>, DocumentScore>> known = new LinkedHashMap<>();
    scores.forEach(
        (model, documents) -> {
          Map<List<String>, DocumentScore> own = new HashMap<>();
          documents.stream()
              .filter(d -> d.split().equals(Split.FORGET.key()))
              .forEach(d -> own.put(List.of(d.domain(), d.document()), d));
          known.put(model, own);
        });
    List<RequestScore> found = new ArrayList<>();
    lines.forEach((request, own) -> found.add(of(request, own, known)));
    return found;
  }

  private static RequestScore of(
      String request, List<Line> lines, Map<String, Map<List<String>, DocumentScore>> known) {
    List<List<String>> documents =
        lines.stream()
            .filter(line -> line.document() != null)
            .map(line -> List.of(line.domain(), line.document()))
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
            .filter(line -> line.document() == null)
            .map(line -> line.by() + " " + line.key() + ": " + line.reason())
            .toList());
  }
}
