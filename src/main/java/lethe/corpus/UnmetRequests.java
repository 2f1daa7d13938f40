package lethe.corpus;

import static lethe.corpus.source.Documents.DETAIL;
import static lethe.corpus.source.Documents.FILE;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.split.DocumentIndex.NAMED;
import static lethe.corpus.split.Requests.WHAT;
import static lethe.corpus.split.Requests.WHY;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.format_string;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.corpus.split.DocumentIndex;
import lethe.corpus.split.IdFile;
import lethe.corpus.split.Rejects;
import lethe.corpus.split.Requests;
import lethe.corpus.split.RuleFiles;
import lethe.corpus.split.SplitRule;
import lethe.table.MaterializedTables;
import lethe.target.Split;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * What was named to be forgotten and is not in the forget split with at least one chunk: requests,
 * ids of its list and of its condition, unusable rows that meet its conditions, and documents too
 * short for a chunk; and requests of other splits for which no document was taken.
 *
 * @param forget how many of the forget split
 * @param others how many of other splits
 * @param some sentences on the first of them
 */
record UnmetRequests(long forget, long others, List<String> some) {
  private static final int MOST_REQUESTS_NAMED = 10;
  private static final String[] NAME = {DOMAIN, ID};

  /**
   * @param answered of {@link Requests#answered}, if there are any requests
   * @param without documents of the forget split that have no chunk: columns {@code domain id why}
   */
  static UnmetRequests of(
      CorpusSettings settings,
      MaterializedTables tables,
      RuleFiles named,
      Dataset<Row> index,
      Rejects rejects,
      Optional<Dataset<Row>> answered,
      Dataset<Row> without) {
    SplitRule rule = settings.splits().rule(Split.FORGET);
    List<Dataset<Row>> all = new ArrayList<>();
    answered.map(Requests::unmet).ifPresent(all::add);
    rule.ids()
        .ifPresent(file -> all.add(unknown(index, named.ids().get(file), "in " + file.file())));
    if (rule.where().isPresent() && !rule.capped()) {
      List<String> ids = rule.where().get().ids();
      if (!ids.isEmpty()) {
        all.add(
            unknown(
                index,
                index.sparkSession().createDataset(ids, Encoders.STRING()).toDF(ID),
                "in corpus.splits.forget.where"));
      }
    }
    if (rule.requests().isEmpty()) { // otherwise each of these has its request
      if (!rejects.reasons().isEmpty()) {
        all.add(unusable(index));
      }
      if (!rule.capped() && tables.count(without) > 0) { // a cap takes a sample and names none
        all.add(withoutChunk(without));
      }
    }
    Optional<Dataset<Row>> some = all.stream().reduce(Dataset::unionAll).map(tables::keep);
    if (some.isEmpty() || tables.count(some.get()) == 0) {
      return new UnmetRequests(0, 0, List.of());
    }
    Dataset<Row> found = some.get();
    long own = found.where(col(SPLIT).equalTo(Split.FORGET.key())).count();
    return new UnmetRequests(
        own,
        tables.count(found) - own,
        found.orderBy(SPLIT, WHAT).limit(MOST_REQUESTS_NAMED).collectAsList().stream()
            .map(row -> row.<String>getAs(WHAT))
            .toList());
  }

  private static Dataset<Row> unknown(Dataset<Row> index, Dataset<Row> ids, String place) {
    return sentences(
        ids.join(index.select(ID), new String[] {ID}, "left_anti"),
        format_string("Id %s " + place.replace("%", "%%") + " is of no document", col(ID)));
  }

  /** A row with the name of a usable document repeats it and is left out here. */
  static Dataset<Row> unusable(Dataset<Row> index) {
    Column detail = when(col(DETAIL).isNull(), lit("")).otherwise(concat(lit(", "), col(DETAIL)));
    Dataset<Row> usable = index.where(col(UNUSABLE).isNull()).select(DOMAIN, ID);
    return sentences(
        index
            .where(
                col(NAMED)
                    .and(col(UNUSABLE).isNotNull())
                    .and(col(UNUSABLE).notEqual(DocumentIndex.REPEATED)))
            .join(usable, NAME, "left_anti"),
        format_string(
            "%s of domain %s is to be forgotten and cannot be used: %s%s",
            coalesce(concat(lit("Document "), col(ID)), concat(lit("A row of "), col(FILE))),
            col(DOMAIN),
            col(UNUSABLE),
            detail));
  }

  private static Dataset<Row> withoutChunk(Dataset<Row> without) {
    return sentences(
        without,
        format_string(
            "Document %s of domain %s is to be forgotten and has no chunk: %s",
            col(ID), col(DOMAIN), col(WHY)));
  }

  private static Dataset<Row> sentences(Dataset<Row> rows, Column what) {
    return rows.select(lit(Split.FORGET.key()).as(SPLIT), what.as(WHAT));
  }

  /** Sentences for a terminal, or for the end of the run. */
  List<String> sentences() {
    List<String> all = new ArrayList<>(some);
    long more = forget + others - some.size();
    if (more > 0) {
      all.add("and " + more + " more");
    }
    return all;
  }

  /** The same, and what to do. */
  List<String> problems() {
    List<String> all = sentences();
    if (!all.isEmpty()) {
      all.add(
          "Missing requests, ids or documents to forget, for reasons like these: %d; correct them, or set corpus.allow-unmet-requests = true to continue without them"
              .formatted(forget + others));
    }
    return all;
  }

  /**
   * Sentences on rows for which it is unknown whether the forget split's condition selects them,
   * and on ids in other files that no document has.
   */
  static List<String> unsure(
      CorpusSettings settings, RuleFiles named, Dataset<Row> index, Rejects rejects) {
    List<String> found = new ArrayList<>();
    long rows =
        rejects.reasons().isEmpty()
            ? 0
            : index.where(col(UNUSABLE).isNotNull().and(col(NAMED).isNull())).count();
    if (rows > 0) {
      found.add(
          "%d rows cannot be used, and it is unknown whether corpus.splits.forget.where selects them; see corpus-rejects"
              .formatted(rows));
    }
    Optional<IdFile> own = settings.splits().rule(Split.FORGET).ids();
    named.ids().entrySet().stream()
        .filter(list -> !own.equals(Optional.of(list.getKey())))
        .forEach(
            list -> {
              Dataset<Row> unknown =
                  list.getValue().join(index.select(ID), new String[] {ID}, "left_anti");
              List<String> some =
                  unknown.orderBy(ID).limit(MOST_REQUESTS_NAMED).collectAsList().stream()
                      .map(row -> row.<String>getAs(ID))
                      .toList();
              if (!some.isEmpty()) {
                long count = unknown.count();
                found.add(
                    "%d ids in %s are of no document: %s%s"
                        .formatted(
                            count,
                            list.getKey().file(),
                            String.join(", ", some),
                            count > some.size() ? ", ..." : ""));
              }
            });
    return found;
  }
}
