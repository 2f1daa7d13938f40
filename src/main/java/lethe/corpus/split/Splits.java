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
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.min_by;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.EnumMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import lethe.corpus.source.DocumentTexts;
import lethe.table.MaterializedTables;
import lethe.table.Rows;
import lethe.target.Split;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataTypes;

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
  private static final String DOCUMENTS = "documents";
  private static final String SHORTEST = "shortest";
  private static final String LONGEST = "longest";
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

  /** What each split takes: the same columns. */
  private final Dataset<Row> taken;

  /** What the forget split takes, once somebody asked and if {@link #taken} is large. */
  private Dataset<Row> forget;

  /** Of {@link #counts}, once somebody asked. */
  private List<Count> counts;

  /**
   * What a split takes of a domain.
   *
   * @param documents with a chunk or without
   * @param characters of all of them
   * @param shortest the fewest characters of one of them
   * @param longest the most
   */
  public record Count(
      String split, String domain, long documents, long characters, long shortest, long longest) {
    private static Count from(Row row) {
      return new Count(
          row.getAs(SPLIT),
          row.getAs(DOMAIN),
          row.<Long>getAs(DOCUMENTS),
          row.<Long>getAs(CHARACTERS),
          row.<Long>getAs(SHORTEST),
          row.<Long>getAs(LONGEST));
    }

    /**
     * @param name the split, the domain
     */
    private static Count from(List<String> name, LongSummaryStatistics characters) {
      return new Count(
          name.get(0),
          name.get(1),
          characters.getCount(),
          characters.getSum(),
          characters.getMin(),
          characters.getMax());
    }
  }

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
    Map<Split, Dataset<Row>> own = new EnumMap<>(Split.class);
    for (Split split : rules.order()) {
      Dataset<Row> found = found(split, own);
      candidates.put(split, found);
      own.put(split, capped(split, found));
    }
    this.taken = kept(own);
  }

  private Splits(Splits other, Map<Split, Dataset<Row>> candidates, Dataset<Row> taken) {
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

  /** What a split takes; kept at once where it is costly and used more than once. */
  private Dataset<Row> capped(Split split, Dataset<Row> found) {
    SplitRule rule = rules.rule(split);
    boolean excepted =
        rules.bySplit().values().stream().anyMatch(other -> other.except().contains(split));
    boolean costly = rule.capped() || !rule.except().isEmpty();
    Dataset<Row> capped = capped(found, rule, tokens);
    return costly && excepted ? tables.keep(capped) : capped;
  }

  private Dataset<Row> kept(Map<Split, Dataset<Row>> bySplit) {
    return tables.keep(bySplit.values().stream().reduce(Dataset::unionAll).orElseThrow());
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
    Map<Split, Dataset<Row>> fewer = new EnumMap<>(Split.class);
    boolean decided = true;
    for (Split split : rules.order()) {
      if (split == Split.FORGET) {
        decided = false;
        fewer.put(split, taken(split));
      } else if (decided) {
        fewer.put(split, without(taken(split), documents));
      } else {
        Dataset<Row> found = found(split, fewer);
        wider.put(split, found);
        fewer.put(split, capped(split, without(found, documents)));
      }
    }
    return new Splits(this, wider, kept(fewer));
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
    return new Splits(this, candidates, tables.keep(taken.unionAll(more)));
  }

  /**
   * The split that each document is in, or could be in if no cap left it out.
   *
   * @param table columns {@code split domain id characters}
   * @param amount of their texts
   */
  public record Places(Dataset<Row> table, DocumentTexts.Amount amount) {}

  /**
   * Where a document has two places (one split excepts the other), the one decided first counts.
   */
  public Places places() {
    Column[] columns = {col(SPLIT), col(DOMAIN), col(ID), col(CHARACTERS)};
    if (rules.bySplit().keySet().stream()
        .allMatch(split -> split == Split.FORGET || !rules.rule(split).capped())) {
      return new Places(
          taken.select(columns), amount()); // nothing is left out, and nothing is in two splits
    }
    Dataset<Row> all = null;
    for (Split split : rules.order()) {
      Dataset<Row> own = split == Split.FORGET ? taken(split) : candidates.get(split);
      Dataset<Row> placed = own.withColumn(ORDER, lit(rules.order().indexOf(split)));
      all = all == null ? placed : all.unionAll(placed);
    }
    Dataset<Row> table =
        tables.keep(
            all.groupBy(DOMAIN, ID)
                .agg(min_by(col(SPLIT), col(ORDER)).as(SPLIT), max(CHARACTERS).as(CHARACTERS))
                .select(columns));
    return new Places(table, DocumentTexts.Amount.of(table));
  }

  /** What a split may take before its caps: columns {@code split domain id rank characters}. */
  public Dataset<Row> candidates(Split split) {
    return candidates.get(split);
  }

  /** The documents of one split: columns {@code split domain id rank characters}. */
  public Dataset<Row> taken(Split split) {
    Dataset<Row> own = taken.where(col(SPLIT).equalTo(split.key()));
    if (split != Split.FORGET || tables.few(taken).isPresent()) {
      return own;
    }
    if (forget == null) { // mostly small, so that Spark joins with it without a shuffle
      forget = tables.keep(own);
    }
    return forget;
  }

  /** The documents of all splits: columns {@code split domain id rank characters}. */
  public Dataset<Row> taken() {
    return taken;
  }

  /** What each split takes of each domain that it has documents of. */
  public List<Count> counts() {
    if (counts == null) {
      counts = tables.few(taken).map(Splits::counts).orElseGet(this::countsOfMany);
    }
    return counts;
  }

  /** The same of rows that the driver has. */
  private static List<Count> counts(List<Row> taken) {
    return taken.stream()
        .collect(
            Collectors.groupingBy(
                row -> List.<String>of(row.getAs(SPLIT), row.getAs(DOMAIN)),
                Collectors.summarizingLong(row -> row.<Integer>getAs(CHARACTERS))))
        .entrySet()
        .stream()
        .map(group -> Count.from(group.getKey(), group.getValue()))
        .toList();
  }

  private List<Count> countsOfMany() {
    return taken
        .groupBy(SPLIT, DOMAIN)
        .agg(
            count(lit(1)).as(DOCUMENTS),
            sum(CHARACTERS).as(CHARACTERS),
            min(CHARACTERS).cast(DataTypes.LongType).as(SHORTEST),
            max(CHARACTERS).cast(DataTypes.LongType).as(LONGEST))
        .collectAsList()
        .stream()
        .map(Count::from)
        .toList();
  }

  /** How many documents a split takes. */
  public long documents(Split split) {
    return counts().stream()
        .filter(count -> count.split().equals(split.key()))
        .mapToLong(Count::documents)
        .sum();
  }

  /** How much text all splits take. */
  public DocumentTexts.Amount amount() {
    return new DocumentTexts.Amount(
        counts().stream().mapToLong(Count::documents).sum(),
        counts().stream().mapToLong(Count::characters).sum());
  }

  /**
   * A document that the rules put in several splits none of which excepts another.
   *
   * @param splits their names
   * @param all how many such documents there are
   */
  public record Conflict(String domain, String document, List<String> splits, long all) {
    private static Conflict from(Row row) {
      return new Conflict(
          row.getAs(DOMAIN), row.getAs(ID), Rows.<String>list(row, SPLITS), row.<Long>getAs(ALL));
    }

    /** What is wrong, and what to do. */
    public String sentence() {
      String others = all > 1 ? " (as are " + (all - 1) + " others)" : "";
      return "Document %s of domain %s is in two splits, %s%s: narrow one of their rules, or let one except the other"
          .formatted(document, domain, String.join(" and ", splits), others);
    }
  }

  /** Documents that the rules put in two splits neither of which excepts the other. */
  public List<Conflict> conflicts() {
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
    if (conflict == null
        || tables.rowByRow(index).where(col(UNUSABLE).isNull().and(conflict)).isEmpty()) {
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
        .map(Conflict::from)
        .toList();
  }

  /** Sentences on documents so long that their task is still running when all others are done. */
  public List<String> giants() {
    if (counts().stream().noneMatch(count -> count.longest() > GIANT)) {
      return List.of();
    }
    Dataset<Row> large =
        index
            .where(col(UNUSABLE).isNull().and(col(CHARACTERS).gt(GIANT)))
            .select(DOMAIN, ID, SOURCE);
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
