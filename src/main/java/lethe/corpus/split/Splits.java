package lethe.corpus.split;

import static lethe.corpus.source.Documents.CHARACTERS;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.SOURCE;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.split.DocumentIndex.RANK;
import static lethe.corpus.split.DocumentIndex.SPLITS;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_set;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min_by;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lethe.table.MaterializedTables;
import lethe.table.Rows;
import lethe.target.Split;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;

/**
 * The documents of each split, from the conditions they meet: without those that the excepted
 * splits take, then checked for conflicts, then capped in the order of their ranks.
 */
public final class Splits {
  private static final int MOST_DOCUMENTS_NAMED = 3;

  /** Characters; twice what a partition of ordinary documents has. */
  private static final int GIANT = 16 << 20;

  private static final String ALL = "all";
  private static final String ORDER = "order";
  private static final String RUNNING = "_running";
  private static final String[] NAME = {DOMAIN, ID};
  private static final Column[] COLUMNS = {
    col(SPLIT), col(DOMAIN), col(ID), col(RANK), col(CHARACTERS)
  };

  private final SplitRules rules;
  private final MaterializedTables tables;
  private final Dataset<Row> index;
  private final UnaryOperator<Dataset<Row>> tokens;

  /** What a split may take, before its caps: columns {@code split domain id rank characters}. */
  private final Map<Split, Dataset<Row>> candidates;

  private final Map<Split, Dataset<Row>> taken;

  /**
   * @param tables that keep what is found
   * @param index of {@link DocumentIndex}
   * @param tokens from documents, columns as here, to columns {@code domain id tokens}
   */
  public Splits(
      SplitRules rules,
      MaterializedTables tables,
      Dataset<Row> index,
      UnaryOperator<Dataset<Row>> tokens) {
    this.rules = rules;
    this.tables = tables;
    this.index = index;
    this.tokens = tokens;
    this.candidates = new EnumMap<>(Split.class);
    this.taken = new EnumMap<>(Split.class);
    for (Split split : rules.order()) {
      Dataset<Row> found = found(split, taken);
      candidates.put(split, found);
      taken.put(split, capped(split, found));
    }
  }

  private Splits(
      Splits other, Map<Split, Dataset<Row>> candidates, Map<Split, Dataset<Row>> taken) {
    this.rules = other.rules;
    this.tables = other.tables;
    this.index = other.index;
    this.tokens = other.tokens;
    this.candidates = candidates;
    this.taken = taken;
  }

  /** What a split may take, after others took theirs. */
  private Dataset<Row> found(Split split, Map<Split, Dataset<Row>> others) {
    Dataset<Row> found =
        index
            .where(col(UNUSABLE).isNull().and(array_contains(col(SPLITS), split.key())))
            .withColumn(SPLIT, lit(split.key()))
            .select(COLUMNS);
    for (Split other : rules.rule(split).except()) {
      found = without(found, others.get(other));
    }
    return found;
  }

  private Dataset<Row> capped(Split split, Dataset<Row> found) {
    return tables.keep(capped(found, rules.rule(split), tokens));
  }

  /**
   * The same splits without some documents, which only the forget split keeps. Where a split is
   * capped, others take their place; not in one that the forget split excepts, because what that
   * one takes decides what is forgotten.
   *
   * @param documents columns {@code domain id}
   */
  public Splits without(Dataset<Row> documents) {
    Map<Split, Dataset<Row>> wider = new EnumMap<>(candidates);
    Map<Split, Dataset<Row>> fewer = new EnumMap<>(taken);
    boolean decided = true;
    for (Split split : rules.order()) {
      if (split == Split.FORGET) {
        decided = false;
      } else if (decided) {
        fewer.put(split, tables.keep(without(taken.get(split), documents)));
      } else {
        Dataset<Row> found = found(split, fewer);
        wider.put(split, found);
        fewer.put(split, capped(split, without(found, documents)));
      }
    }
    return new Splits(this, wider, fewer);
  }

  /**
   * The same splits, one of them with more documents.
   *
   * @param documents columns {@code domain id}
   */
  public Splits with(Split split, Dataset<Row> documents) {
    Dataset<Row> more =
        index
            .where(col(UNUSABLE).isNull())
            .join(documents, NAME)
            .withColumn(SPLIT, lit(split.key()))
            .select(COLUMNS);
    Map<Split, Dataset<Row>> all = new EnumMap<>(taken);
    all.put(split, tables.keep(taken.get(split).unionAll(more)));
    return new Splits(this, candidates, all);
  }

  /**
   * The split that each document is in, or could be in if no cap left it out: columns {@code split
   * domain id characters}. Where there are two (one excepts the other), the one that is decided
   * first counts.
   */
  public Dataset<Row> places() {
    Dataset<Row> all = null;
    for (Split split : rules.order()) {
      Dataset<Row> own = split == Split.FORGET ? taken.get(split) : candidates.get(split);
      Dataset<Row> placed = own.withColumn(ORDER, lit(rules.order().indexOf(split)));
      all = all == null ? placed : all.unionAll(placed);
    }
    return all.groupBy(DOMAIN, ID)
        .agg(min_by(col(SPLIT), col(ORDER)).as(SPLIT), max(CHARACTERS).as(CHARACTERS))
        .select(SPLIT, DOMAIN, ID, CHARACTERS);
  }

  /** What a split may take before its caps: columns {@code split domain id rank characters}. */
  public Dataset<Row> candidates(Split split) {
    return candidates.get(split);
  }

  /** The documents of one split: columns {@code split domain id rank characters}. */
  public Dataset<Row> taken(Split split) {
    return taken.get(split);
  }

  /** The documents of all splits: columns {@code split domain id rank characters}. */
  public Dataset<Row> taken() {
    return taken.values().stream().reduce(Dataset::unionAll).orElseThrow();
  }

  /** Sentences on documents that the rules put in two splits neither of which excepts the other. */
  public List<String> conflicts() {
    Column conflict = null;
    for (Split a : candidates.keySet()) {
      for (Split b : candidates.keySet()) {
        if (a.compareTo(b) < 0 && !rules.related(a, b)) {
          Column both =
              array_contains(col(SPLITS), a.key()).and(array_contains(col(SPLITS), b.key()));
          conflict = conflict == null ? both : conflict.or(both);
        }
      }
    }
    if (conflict == null) {
      return List.of();
    }
    return candidates.values().stream()
        .reduce(Dataset::unionAll)
        .orElseThrow()
        .groupBy(DOMAIN, ID)
        .agg(array_sort(collect_set(SPLIT)).as(SPLITS))
        .where(conflict)
        .withColumn(ALL, count(lit(1)).over(Window.partitionBy(lit(1))))
        .orderBy(DOMAIN, ID)
        .limit(MOST_DOCUMENTS_NAMED)
        .collectAsList()
        .stream()
        .map(Splits::conflict)
        .toList();
  }

  /** Sentences on documents so long that their task is still running when all others are done. */
  public List<String> giants() {
    Dataset<Row> large =
        index
            .where(col(UNUSABLE).isNull().and(col(CHARACTERS).gt(GIANT)))
            .select(DOMAIN, ID, SOURCE);
    if (large.isEmpty()) {
      return List.of();
    }
    return taken()
        .join(large, NAME)
        .orderBy(col(CHARACTERS).desc(), col(DOMAIN), col(ID))
        .limit(MOST_DOCUMENTS_NAMED)
        .collectAsList()
        .stream()
        .map(
            row ->
                "Document %s of domain %s in %s has %d characters: a single task reads it, and the stage waits for that task"
                    .formatted(
                        row.getAs(ID),
                        row.getAs(DOMAIN),
                        row.getAs(SOURCE),
                        row.<Integer>getAs(CHARACTERS)))
        .toList();
  }

  private static String conflict(Row row) {
    String both = String.join(" and ", Rows.<String>list(row, SPLITS));
    long all = row.<Long>getAs(ALL);
    String others = all > 1 ? " (as are " + (all - 1) + " others)" : "";
    return "Document %s of domain %s is in two splits, %s%s: narrow one of their rules, or let one except the other"
        .formatted(row.getAs(ID), row.getAs(DOMAIN), both, others);
  }

  private static Dataset<Row> without(Dataset<Row> documents, Dataset<Row> others) {
    return documents.join(others.select(DOMAIN, ID), NAME, "left_anti").select(COLUMNS);
  }

  private static Dataset<Row> capped(
      Dataset<Row> found, SplitRule rule, UnaryOperator<Dataset<Row>> tokens) {
    Dataset<Row> fewer = capped(found, rule.documents(), lit(1));
    return rule.tokens().open()
        ? fewer
        : capped(
                fewer.join(tokens.apply(fewer), NAME, "left"),
                rule.tokens(),
                coalesce(col(TOKENS), lit(0)))
            .select(COLUMNS);
  }

  /** Takes documents by rank as long as what they weigh together is within the cap. */
  private static Dataset<Row> capped(Dataset<Row> found, Cap cap, Column weight) {
    if (cap.open()) {
      return found;
    }
    Column within = lit(true);
    for (var domain : cap.domains().entrySet()) {
      Column fits = col(RUNNING).leq(domain.getValue());
      within = when(col(DOMAIN).equalTo(domain.getKey()), fits).otherwise(within);
    }
    WindowSpec among = Window.partitionBy(SPLIT, DOMAIN);
    if (cap.whole().isPresent()) {
      within = col(RUNNING).leq(cap.whole().get());
      among = Window.partitionBy(SPLIT);
    }
    WindowSpec before =
        among
            .orderBy(RANK, DOMAIN, ID)
            .rowsBetween(Window.unboundedPreceding(), Window.currentRow());
    return found.withColumn(RUNNING, sum(weight).over(before)).where(within).drop(RUNNING);
  }
}
