package lethe.corpus.split;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.format_string;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.when;

import java.util.Optional;
import lethe.table.MaterializedTables;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What the lines of request files stand for in the splits.
 *
 * @param tables that keep what is found
 * @param index of {@link DocumentIndex}
 * @param without documents that have no chunk: columns {@code domain id why}
 */
public record Requests(
    MaterializedTables tables,
    SplitRules rules,
    RuleFiles named,
    Dataset<Row> index,
    Dataset<Row> without) {
  private static final String UNKNOWN = "no document has it";
  private static final String[] NAMES = {"request", "by", "key", "within"};
  private static final Column[] LINE = {col("request"), col("by"), col("key"), col("within")};

  /**
   * Every line of every request file, with each document that its split takes for it: columns
   * {@code split request by key domain document reason}. A line that nothing was taken for, or
   * nothing with a chunk, has a reason in place of a document.
   */
  public Optional<Dataset<Row>> answered(Splits splits) {
    Dataset<Row> all = null;
    for (var entry : rules.bySplit().entrySet()) {
      if (entry.getValue().requests().isPresent()) {
        Dataset<Row> own =
            answered(
                    named.requests().get(entry.getValue().requests().get()),
                    splits.taken(entry.getKey()))
                .withColumn("split", lit(entry.getKey().key()));
        all = all == null ? own : all.unionAll(own);
      }
    }
    return Optional.ofNullable(all)
        .map(
            lines ->
                tables.keep(
                    lines.select("split", "request", "by", "key", "domain", "document", "reason")));
  }

  private Dataset<Row> answered(Dataset<Row> lines, Dataset<Row> taken) {
    String[] name = {"domain", "id"};
    Dataset<Row> rows =
        index
            .join(taken.select(col("domain"), col("id"), lit(true).as("taken")), name, "left")
            .join(without, name, "left")
            .withColumn("_reason", coalesce(col("_reason"), col("why")))
            .drop("why");
    Dataset<Row> found = null;
    // One way at a time, so that each is an equality that Spark can join by.
    for (var way : RequestFile.COLUMNS.entrySet()) {
      Dataset<Row> named =
          lines
              .where(col("by").equalTo(way.getKey()))
              .join(rows, col("key").equalTo(rows.col(way.getValue())))
              .where(not(col("narrow")).or(col("within").equalTo(col("domain"))))
              .select("request", "by", "key", "within", "domain", "id", "taken", "_reason");
      found = found == null ? named : found.unionAll(named);
    }
    Column met = col("taken").and(col("_reason").isNull());
    Dataset<Row> documents =
        found
            .where(met)
            .select(
                col("request"),
                col("by"),
                col("key"),
                col("within"),
                col("domain"),
                col("id").as("document"))
            .distinct();
    Dataset<Row> reasons =
        found
            .groupBy(LINE)
            .agg(min(coalesce(col("_reason"), lit("its split does not take it"))).as("why"));
    return lines
        .join(documents, NAMES, "left")
        .join(reasons, NAMES, "left")
        .withColumn("reason", when(col("document").isNull(), coalesce(col("why"), lit(UNKNOWN))));
  }

  /** Lines that nothing was taken for: columns {@code split what}, a sentence each. */
  public static Dataset<Row> unmet(Dataset<Row> answered) {
    return answered
        .where(col("document").isNull())
        .select(
            col("split"),
            format_string(
                    "Request %s of split %s matches nothing: %s %s, %s",
                    col("request"), col("split"), col("by"), col("key"), col("reason"))
                .as("what"))
        .distinct();
  }
}
