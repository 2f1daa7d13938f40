package lethe.corpus;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What the lines of request and id files stand for in the splits.
 *
 * @param tables that keep what is found
 * @param index of {@link Index}
 */
record Requests(Tables tables, CorpusSettings settings, Named named, Dataset<Row> index) {
  private static final int SHOWN = 5;
  private static final String UNKNOWN = "no document has it";
  private static final String[] NAMES = {"request", "by", "key", "within"};
  private static final Column[] LINE = {col("request"), col("by"), col("key"), col("within")};

  /**
   * Every line of every request file, with each document that its split takes for it: columns
   * {@code split request by key domain document reason}. A line that nothing was taken for has a
   * reason in place of a document.
   */
  Optional<Dataset<Row>> answered(Splits splits) {
    Dataset<Row> all = null;
    for (var entry : settings.splits().entrySet()) {
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
    Dataset<Row> rows =
        index.join(
            taken.select(col("domain"), col("id"), lit(true).as("taken")),
            new String[] {"domain", "id"},
            "left");
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

  /** Sentences on lines of request files that nothing was taken for. */
  List<String> unmet(Dataset<Row> answered) {
    Dataset<Row> unmet = answered.where(col("document").isNull());
    long count = unmet.count();
    List<String> sentences = new ArrayList<>();
    unmet.orderBy("split", "request", "by", "key").limit(SHOWN).collectAsList().stream()
        .map(
            row ->
                "Request %s of split %s matches nothing: %s %s, %s"
                    .formatted(
                        row.getString(1),
                        row.getString(0),
                        row.getString(2),
                        row.getString(3),
                        row.getString(6)))
        .forEach(sentences::add);
    if (count > SHOWN) {
      sentences.add("and " + (count - SHOWN) + " more requests match nothing");
    }
    return sentences;
  }

  /** Sentences on ids in id files that no document has. */
  List<String> unknownIds() {
    Dataset<Row> known = index.where(col("_reason").isNull()).select("id");
    List<String> sentences = new ArrayList<>();
    for (var listed : named.ids().entrySet()) {
      Dataset<Row> unknown = listed.getValue().join(known, new String[] {"id"}, "left_anti");
      List<String> some =
          unknown.orderBy("id").limit(SHOWN).collectAsList().stream()
              .map(row -> row.getString(0))
              .toList();
      if (!some.isEmpty()) {
        sentences.add(
            "%d ids in %s are of no document: %s%s"
                .formatted(
                    unknown.count(),
                    listed.getKey().file(),
                    String.join(", ", some),
                    some.size() == SHOWN ? ", ..." : ""));
      }
    }
    return sentences;
  }
}
