package lethe.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What each split has of each domain. */
final class SplitCounts {
  private SplitCounts() {}

  /**
   * @param taken columns {@code split domain id characters}
   * @return rows (split, domain, how many documents, their characters)
   */
  static List<Row> documents(Dataset<Row> taken) {
    return taken.groupBy("split", "domain").agg(count(lit(1)), sum("characters")).collectAsList();
  }

  /**
   * @param taken rows of {@link #documents}
   * @param chunks of those documents
   */
  static List<Manifest.Count> of(List<Row> taken, Dataset<Row> chunks) {
    Map<List<String>, Row> found = new HashMap<>();
    chunks
        .groupBy("split", "domain", "document")
        .agg(count(lit(1)).as("chunks"), sum(size(col("tokens"))).as("tokens"))
        .groupBy("split", "domain")
        .agg(
            count(lit(1)),
            sum("chunks"),
            sum("tokens"),
            expr("percentile(tokens, array(0.05, 0.25, 0.5, 0.75, 0.95))"))
        .collectAsList()
        .forEach(row -> found.put(List.of(row.getString(0), row.getString(1)), row));
    List<Manifest.Count> counts = new ArrayList<>();
    for (Row row : taken) {
      counts.add(entry(row, found.get(List.of(row.getString(0), row.getString(1)))));
    }
    counts.sort(Comparator.comparing(Manifest.Count::split).thenComparing(Manifest.Count::domain));
    return counts;
  }

  private static Manifest.Count entry(Row taken, Row chunks) {
    String split = taken.getString(0);
    String domain = taken.getString(1);
    if (chunks == null) {
      return new Manifest.Count(
          split, domain, 0, taken.getLong(2), 0, 0, new Manifest.Lengths(0, 0, 0, 0, 0));
    }
    long documents = chunks.getLong(2);
    long[] lengths =
        chunks.<Double>getList(5).stream().mapToLong(length -> Math.round(length)).toArray();
    return new Manifest.Count(
        split,
        domain,
        documents,
        taken.getLong(2) - documents,
        chunks.getLong(3),
        chunks.getLong(4),
        new Manifest.Lengths(lengths[0], lengths[1], lengths[2], lengths[3], lengths[4]));
  }
}
