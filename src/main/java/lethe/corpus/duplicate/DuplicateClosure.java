package lethe.corpus.duplicate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;

import java.util.ArrayList;
import java.util.List;
import lethe.corpus.duplicate.DuplicateSettings.Action;
import lethe.corpus.duplicate.Duplicates.Search;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.split.Splits;
import lethe.table.MaterializedTables;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What follows from documents that repeat one another. A document of another split that repeats a
 * document to forget would teach it again: it is dropped, or forgotten too. This goes one step and
 * no further, lest a chain of ever less similar texts widen what was asked for: documents that
 * repeat one of these are only listed. So is every document the model is trained on that repeats
 * one of the approximate and holdout splits, because these are taken for never seen.
 */
public final class DuplicateClosure {
  private static final Object[] UNSEEN = {Split.APPROXIMATE.key(), Split.HOLDOUT.key()};
  private static final Object[] TRAINED = {Split.RETAIN.key(), Split.GENERAL.key()};

  private final MaterializedTables tables;
  private final Splits assigned;
  private final Dataset<Row> places;
  private final Duplicates duplicates;
  private final Dataset<Row> repeats;
  private final List<Dataset<Row>> listed = new ArrayList<>();

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
    places = tables.keep(assigned.places());
    duplicates =
        new Duplicates(tables, texts, settings, places.select("domain", "id", "characters"));
    Dataset<Row> others = places.where(col("split").notEqual(Split.FORGET.key()));
    Dataset<Row> found =
        duplicates.pairs(
            places.where(col("split").equalTo(Split.FORGET.key())),
            others,
            Search.COPIES_AND_QUOTES);
    repeats = tables.keep(found.select("right.*").distinct());
    list(found, places, done(settings.action()));
    Dataset<Row> rest = others.join(repeats, new String[] {"domain", "id"}, "left_anti");
    list(duplicates.pairs(repeats, rest, Search.COPIES), places, "chain");
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
    Splits closed =
        switch (action) {
          case DROP -> assigned.without(repeats);
          case FORGET -> assigned.without(repeats).with(Split.FORGET, repeats);
          case LIST, IGNORE -> assigned;
        };
    Dataset<Row> taken = closed.taken();
    Dataset<Row> unseen = taken.where(col("split").isin(UNSEEN));
    Dataset<Row> trained = taken.where(col("split").isin(TRAINED));
    if (!unseen.isEmpty() && !trained.isEmpty()) {
      list(duplicates.pairs(unseen, trained, Search.COPIES_AND_QUOTES), taken, "listed");
    }
    return closed;
  }

  private void list(Dataset<Row> found, Dataset<Row> splits, String action) {
    Dataset<Row> place = splits.select("split", "domain", "id");
    listed.add(
        tables.keep(
            found
                .select(
                    col("right.domain").as("domain"),
                    col("right.id").as("document"),
                    col("left.domain").as("of_domain"),
                    col("left.id").as("of_document"),
                    col("kind"),
                    col("jaccard"),
                    col("contained"),
                    col("excerpt"),
                    lit(action).as("action"))
                .join(
                    place.toDF("split", "domain", "document"), new String[] {"domain", "document"})
                .join(
                    place.toDF("of_split", "of_domain", "of_document"),
                    new String[] {"of_domain", "of_document"})
                .select(
                    "split",
                    "domain",
                    "document",
                    "of_split",
                    "of_domain",
                    "of_document",
                    "kind",
                    "jaccard",
                    "contained",
                    "excerpt",
                    "action")));
  }

  /**
   * Every pair found: columns {@code split domain document}, {@code of_split of_domain of_document}
   * (what it repeats), {@code kind}, {@code jaccard}, {@code contained} (how much of the latter
   * stands in the former), {@code excerpt} (how much of the former stands in the latter) and {@code
   * action}: dropped, forgotten, listed, or chain (it repeats one of those).
   */
  public Dataset<Row> table() {
    return listed.stream().reduce(Dataset::unionAll).orElseThrow();
  }

  /** How many documents of each split and domain repeat one of another split. */
  public List<Repeat> counts() {
    return table()
        .groupBy("split", "domain", "of_split", "kind", "action")
        .agg(countDistinct("document"))
        .orderBy("split", "domain", "of_split", "kind", "action")
        .collectAsList()
        .stream()
        .map(
            row ->
                new Repeat(
                    row.getString(0),
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getLong(5)))
        .toList();
  }

  /** Sentences on what was not looked at. */
  public List<String> warnings() {
    long hot = duplicates.hotBuckets();
    return hot == 0
        ? List.of()
        : List.of(
            hot
                + " passages stand in so many documents that not every pair that shares one was compared");
  }
}
