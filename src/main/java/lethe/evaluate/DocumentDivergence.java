package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;

import java.util.ArrayList;
import java.util.List;
import lethe.table.Columns;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How far a model's predictions are from the retrained one's, summed over the chunks of one
 * document.
 *
 * @param tokens scored
 * @param kl summed KL divergence from the retrained model to the model, nats
 * @param jensenShannon summed Jensen-Shannon divergence, nats
 * @param agreed tokens where both models' likeliest token is the same
 */
record DocumentDivergence(
    String split,
    String domain,
    String document,
    long tokens,
    double kl,
    double jensenShannon,
    long agreed) {

  /**
   * Ordered by split, domain and document; the chunks of each are added in their order, so that the
   * sums have the same bits however the rows lie in files.
   *
   * @param chunks as {@link Divergences} has them
   */
  static List<DocumentDivergence> of(Dataset<Row> chunks) {
    List<DocumentDivergence> documents = new ArrayList<>();
    for (Row row : chunks.orderBy(SPLIT, DOMAIN, DOCUMENT, Columns.ORDINAL).collectAsList()) {
      DocumentDivergence chunk = from(row);
      int last = documents.size() - 1;
      if (last >= 0 && documents.get(last).sameDocument(chunk)) {
        documents.set(last, documents.get(last).plus(chunk));
      } else {
        documents.add(chunk);
      }
    }
    return documents;
  }

  private static DocumentDivergence from(Row row) {
    return new DocumentDivergence(
        row.getAs(SPLIT),
        row.getAs(DOMAIN),
        row.getAs(DOCUMENT),
        row.<Integer>getAs(Columns.TOKENS),
        row.<Double>getAs(Divergences.KL),
        row.<Double>getAs(Divergences.JENSEN_SHANNON),
        row.<Integer>getAs(Divergences.AGREED));
  }

  private boolean sameDocument(DocumentDivergence other) {
    return split.equals(other.split)
        && domain.equals(other.domain)
        && document.equals(other.document);
  }

  private DocumentDivergence plus(DocumentDivergence other) {
    return new DocumentDivergence(
        split,
        domain,
        document,
        tokens + other.tokens,
        kl + other.kl,
        jensenShannon + other.jensenShannon,
        agreed + other.agreed);
  }
}
