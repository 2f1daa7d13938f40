package lethe.corpus.duplicate;

import static lethe.corpus.duplicate.Duplicates.CONTAINED;
import static lethe.corpus.duplicate.Duplicates.EXCERPT;
import static lethe.corpus.duplicate.Duplicates.JACCARD;
import static lethe.corpus.duplicate.Duplicates.KIND;
import static lethe.corpus.duplicate.Duplicates.LEFT;
import static lethe.corpus.duplicate.Duplicates.RIGHT;
import static lethe.corpus.source.Documents.ID;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import java.util.ArrayList;
import java.util.List;
import lethe.corpus.duplicate.DuplicateSettings.Action;
import lethe.corpus.duplicate.Duplicates.Search;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.split.Splits;
import lethe.table.MaterializedTables;
import lethe.target.Split;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What follows from documents that repeat one another. A document of another split that repeats a
 * document to forget, or one that was forgotten before (split earlier), would teach it again: it is
 * dropped, or forgotten too. This goes one step and no further, so that a chain of ever less
 * similar texts does not widen what was asked for: documents that repeat one of these are only
 * listed. So is every document the model is trained on that repeats one of the approximate and
 * holdout splits, because these must be unseen.
 */
public final class DuplicateClosure {
  private static final String OF_SPLIT = "of_split";
  private static final String OF_DOMAIN = "of_domain";
  private static final String OF_DOCUMENT = "of_document";
  private static final String ACTION = "action";
  private static final String DOCUMENTS = "documents";

  private static final List<Split> FORGOTTEN = List.of(Split.FORGET, Split.EARLIER);
  private static final List<Split> UNSEEN = List.of(Split.APPROXIMATE, Split.HOLDOUT);
  private static final List<Split> TRAINED = List.of(Split.RETAIN, Split.GENERAL);

  private final MaterializedTables tables;
  private final Splits assigned;
  private final Dataset<Row> places;
  private final Duplicates duplicates;
  private final Dataset<Row> repeats;
  private final List<Dataset<Row>> listed = new ArrayList<>();

  /** Of {@link #table}, once somebody asked. */
  private Dataset<Row> table;

  /**
   * Looks for repeats of documents to forget.
   *
   * @param tables that keep what is found
   * @param assigned splits before anything is dropped
   */
  public DuplicateClosure(
      MaterializedTables tables, DuplicateSettings settings, DocumentTexts texts, Splits assigned) {
    this.tables = tables;
    this.assigned = assigned;
    Splits.Places all = assigned.places();
    places = all.table();
    duplicates =
        new Duplicates(
            tables, texts, settings, places, all.amount(), Duplicates.MOST_BYTES_COMPARED);
    Dataset<Row> forgotten = of(FORGOTTEN, places);
    Dataset<Row> others = places.where(not(in(FORGOTTEN)));
    Dataset<Row> found = duplicates.pairs(forgotten, others, Search.COPIES_AND_QUOTES);
    repeats = tables.keep(found.select(RIGHT + ".*").distinct());
    list(found, places, done(settings.action()));
    if (tables.count(repeats) > 0) {
      Dataset<Row> rest = others.join(repeats, new String[] {DOMAIN, ID}, "left_anti");
      list(duplicates.pairs(repeats, rest, Search.COPIES), places, "chain");
    }
  }

  private static String done(Action action) {
    return switch (action) {
      case DROP -> "dropped";
      case FORGET -> "forgotten";
      case LIST, IGNORE -> "listed";
    };
  }

  /** The splits when the action is taken; looks for repeats among the documents that stay. */
  public Splits closed(Action action) {
    Splits closed = tables.count(repeats) == 0 ? assigned : changed(action);
    if (UNSEEN.stream().anyMatch(split -> closed.documents(split) > 0)
        && TRAINED.stream().anyMatch(split -> closed.documents(split) > 0)) {
      Dataset<Row> taken = closed.taken();
      list(
          duplicates.pairs(of(UNSEEN, taken), of(TRAINED, taken), Search.COPIES_AND_QUOTES),
          taken,
          "listed");
    }
    return closed;
  }

  private Splits changed(Action action) {
    return switch (action) {
      case DROP -> assigned.without(repeats);
      case FORGET -> assigned.without(repeats).with(Split.FORGET, repeats);
      case LIST, IGNORE -> assigned;
    };
  }

  private static Dataset<Row> of(List<Split> splits, Dataset<Row> taken) {
    return taken.where(in(splits));
  }

  private static Column in(List<Split> splits) {
    return col(SPLIT).isin(splits.stream().map(Split::key).toArray());
  }

  private void list(Dataset<Row> found, Dataset<Row> splits, String action) {
    Dataset<Row> place = splits.select(SPLIT, DOMAIN, ID);
    listed.add(
        found
            .select(
                col(RIGHT + "." + DOMAIN).as(DOMAIN),
                col(RIGHT + "." + ID).as(DOCUMENT),
                col(LEFT + "." + DOMAIN).as(OF_DOMAIN),
                col(LEFT + "." + ID).as(OF_DOCUMENT),
                col(KIND),
                col(JACCARD),
                col(CONTAINED),
                col(EXCERPT),
                lit(action).as(ACTION))
            .join(place.toDF(SPLIT, DOMAIN, DOCUMENT), new String[] {DOMAIN, DOCUMENT})
            .join(
                place.toDF(OF_SPLIT, OF_DOMAIN, OF_DOCUMENT), new String[] {OF_DOMAIN, OF_DOCUMENT})
            .select(
                SPLIT,
                DOMAIN,
                DOCUMENT,
                OF_SPLIT,
                OF_DOMAIN,
                OF_DOCUMENT,
                KIND,
                JACCARD,
                CONTAINED,
                EXCERPT,
                ACTION));
  }

  /**
   * Every pair found: columns {@code split domain document}, {@code of_split of_domain of_document}
   * (what it repeats), {@code kind}, {@code jaccard}, {@code contained} (how much of the latter is
   * in the former), {@code excerpt} (how much of the former is in the latter) and {@code action}:
   * dropped, forgotten, listed, or chain (it repeats one of those).
   */
  public Dataset<Row> table() {
    if (table == null) {
      table = tables.keep(listed.stream().reduce(Dataset::unionAll).orElseThrow());
    }
    return table;
  }

  /** How many documents of each split and domain repeat one of another split. */
  public List<Repeat> counts() {
    return table()
        .groupBy(SPLIT, DOMAIN, OF_SPLIT, KIND, ACTION)
        .agg(countDistinct(DOCUMENT).as(DOCUMENTS))
        .orderBy(SPLIT, DOMAIN, OF_SPLIT, KIND, ACTION)
        .collectAsList()
        .stream()
        .map(
            row ->
                new Repeat(
                    row.getAs(SPLIT),
                    row.getAs(DOMAIN),
                    row.getAs(OF_SPLIT),
                    row.getAs(KIND),
                    row.getAs(ACTION),
                    row.<Long>getAs(DOCUMENTS)))
        .toList();
  }

  /** Sentences on what was not compared. */
  public List<String> warnings() {
    long hot = duplicates.hotBuckets();
    return hot == 0
        ? List.of()
        : List.of(
            hot
                + " passages occur in so many documents that not every pair sharing one was compared");
  }
}
