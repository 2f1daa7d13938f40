package lethe.evaluate;

import static lethe.table.Columns.BY;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.KEY;
import static lethe.table.Columns.REASON;
import static lethe.table.Columns.REQUEST;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;

import java.util.List;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A line of a request with a document that was taken for it, or with the reason why none was.
 *
 * @param by how the line names it: document, url or sha256
 * @param key the name it gives
 * @param document null if there is none
 * @param reason null if there is one
 */
record RequestLine(
    String request, String by, String key, String domain, String document, String reason) {

  /**
   * @param requests as prepare lists them
   * @param split whose requests are wanted
   * @return in order
   */
  static List<RequestLine> read(Dataset<Row> requests, Split split) {
    return requests
        .filter(col(SPLIT).equalTo(split.key()))
        .orderBy(REQUEST, BY, KEY, DOMAIN, DOCUMENT)
        .collectAsList()
        .stream()
        .map(RequestLine::from)
        .toList();
  }

  private static RequestLine from(Row row) {
    return new RequestLine(
        row.getAs(REQUEST),
        row.getAs(BY),
        row.getAs(KEY),
        row.getAs(DOMAIN),
        row.getAs(DOCUMENT),
        row.getAs(REASON));
  }

  /** Domain and id of the document; null if there is none. */
  List<String> place() {
    return document == null ? null : List.of(domain, document);
  }
}
