package lethe.corpus.split;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.split.RequestFile.NARROW;
import static lethe.corpus.split.RequestFile.WITHIN;
import static lethe.table.Columns.BY;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.KEY;
import static lethe.table.Columns.REASON;
import static lethe.table.Columns.REQUEST;
import static lethe.table.Columns.SPLIT;
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
 * Which documents of the splits the lines of request files mean.
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
  /** Why a document has no chunk, in {@code without}. */
  public static final String WHY = "why";

  /** A sentence of {@link #unmet}. */
  public static final String WHAT = "what";

  private static final String TAKEN = "taken";
  private static final String UNKNOWN = "no document has it";
  private static final String[] NAMES = {REQUEST, BY, KEY, WITHIN};
  private static final Column[] LINE = {col(REQUEST), col(BY), col(KEY), col(WITHIN)};

  /**
   * Every line of every request file, with each document that its split takes for it: columns
   * {@code split request by key domain document reason}. A line for which no document with a chunk
   * was taken has a reason in place of a document.
   */
  public Optional<Dataset<Row>> answered(Splits splits) {
    Dataset<Row> all = null;
    for (var entry : rules.bySplit().entrySet()) {
      if (entry.getValue().requests().isPresent()) {
        Dataset<Row> own =
            answered(
                    named.requests().get(entry.getValue().requests().get()),
                    splits.taken(entry.getKey()))
                .withColumn(SPLIT, lit(entry.getKey().key()));
        all = all == null ? own : all.unionAll(own);
      }
    }
    return Optional.ofNullable(all)
        .map(lines -> tables.keep(lines.select(SPLIT, REQUEST, BY, KEY, DOMAIN, DOCUMENT, REASON)));
  }

  private Dataset<Row> answered(Dataset<Row> lines, Dataset<Row> taken) {
    String[] name = {DOMAIN, ID};
    Dataset<Row> rows =
        index
            .join(taken.select(col(DOMAIN), col(ID), lit(true).as(TAKEN)), name, "left")
            .join(without, name, "left")
            .withColumn(UNUSABLE, coalesce(col(UNUSABLE), col(WHY)))
            .drop(WHY);
    Dataset<Row> found = null;
    // One way at a time, so that each is an equality that Spark can join by.
    for (var way : RequestFile.COLUMNS.entrySet()) {
      Dataset<Row> named =
          lines
              .where(col(BY).equalTo(way.getKey()))
              .join(rows, col(KEY).equalTo(rows.col(way.getValue())))
              .where(not(col(NARROW)).or(col(WITHIN).equalTo(col(DOMAIN))))
              .select(REQUEST, BY, KEY, WITHIN, DOMAIN, ID, TAKEN, UNUSABLE);
      found = found == null ? named : found.unionAll(named);
    }
    Column met = col(TAKEN).and(col(UNUSABLE).isNull());
    Dataset<Row> documents =
        found
            .where(met)
            .select(col(REQUEST), col(BY), col(KEY), col(WITHIN), col(DOMAIN), col(ID).as(DOCUMENT))
            .distinct();
    Dataset<Row> reasons =
        found
            .groupBy(LINE)
            .agg(min(coalesce(col(UNUSABLE), lit("its split does not take it"))).as(WHY));
    return lines
        .join(documents, NAMES, "left")
        .join(reasons, NAMES, "left")
        .withColumn(REASON, when(col(DOCUMENT).isNull(), coalesce(col(WHY), lit(UNKNOWN))));
  }

  /** Lines for which no document was taken: columns {@code split what}, one sentence each. */
  public static Dataset<Row> unmet(Dataset<Row> answered) {
    return answered
        .where(col(DOCUMENT).isNull())
        .select(
            col(SPLIT),
            format_string(
                    "Request %s of split %s matches nothing: %s %s, %s",
                    col(REQUEST), col(SPLIT), col(BY), col(KEY), col(REASON))
                .as(WHAT))
        .distinct();
  }
}
