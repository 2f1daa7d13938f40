package lethe.corpus;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.corpus.split.Splits;
import lethe.table.Rows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What each split has of each domain. */
final class SplitCounts {
  private static final String DOCUMENTS = "documents";
  private static final String CHUNKS = "chunks";
  private static final String LENGTHS = "lengths";

  private SplitCounts() {}

  /**
   * @param taken of {@link Splits#counts}
   * @param chunks of those documents
   */
  static List<Manifest.Count> of(List<Splits.Count> taken, Dataset<Row> chunks) {
    Map<List<String>, Row> found = new HashMap<>();
    chunks
        .groupBy(SPLIT, DOMAIN, DOCUMENT)
        .agg(count(lit(1)).as(CHUNKS), sum(size(col(TOKENS))).as(TOKENS))
        .groupBy(SPLIT, DOMAIN)
        .agg(
            count(lit(1)).as(DOCUMENTS),
            sum(CHUNKS).as(CHUNKS),
            sum(TOKENS).as(TOKENS),
            expr("percentile(tokens, array(0.05, 0.25, 0.5, 0.75, 0.95))").as(LENGTHS))
        .collectAsList()
        .forEach(row -> found.put(List.of(row.getAs(SPLIT), row.getAs(DOMAIN)), row));
    return taken.stream()
        .map(own -> entry(own, found.get(List.of(own.split(), own.domain()))))
        .sorted(Comparator.comparing(Manifest.Count::split).thenComparing(Manifest.Count::domain))
        .toList();
  }

  private static Manifest.Count entry(Splits.Count taken, Row chunks) {
    if (chunks == null) {
      return new Manifest.Count(
          taken.split(),
          taken.domain(),
          0,
          taken.documents(),
          0,
          0,
          new Manifest.Lengths(0, 0, 0, 0, 0));
    }
    long documents = chunks.<Long>getAs(DOCUMENTS);
    long[] lengths = Rows.<Double>list(chunks, LENGTHS).stream().mapToLong(Math::round).toArray();
    return new Manifest.Count(
        taken.split(),
        taken.domain(),
        documents,
        taken.documents() - documents,
        chunks.<Long>getAs(CHUNKS),
        chunks.<Long>getAs(TOKENS),
        new Manifest.Lengths(lengths[0], lengths[1], lengths[2], lengths[3], lengths[4]));
  }
}
