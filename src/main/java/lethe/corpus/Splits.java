package lethe.corpus;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_set;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.storage.StorageLevel;

/**
 * The documents of each split, from the conditions they meet: without those that the excepted
 * splits take, then checked for conflicts, then capped in the order of their ranks.
 */
final class Splits implements AutoCloseable {
  private static final int SHOWN = 3;

  private final CorpusSettings settings;

  /** What a split may take, before its caps: columns {@code split domain id rank characters}. */
  private final Map<Split, Dataset<Row>> candidates = new EnumMap<>(Split.class);

  private final Map<Split, Dataset<Row>> taken = new EnumMap<>(Split.class);

  /**
   * @param index of {@link Index}; it is evaluated many times and had better be persisted
   * @param tokens from documents, columns as here, to columns {@code domain id tokens}
   */
  Splits(CorpusSettings settings, Dataset<Row> index, UnaryOperator<Dataset<Row>> tokens) {
    this.settings = settings;
    for (Split split : settings.order()) {
      SplitRule rule = settings.splits().get(split);
      Dataset<Row> found =
          index
              .where(col("_reason").isNull().and(array_contains(col("splits"), split.key())))
              .select(
                  lit(split.key()).as("split"),
                  col("domain"),
                  col("id"),
                  col("rank"),
                  col("characters"));
      for (Split other : rule.except()) {
        found = without(found, taken.get(other));
      }
      candidates.put(split, found);
      // Kept, because the splits that except this one, and every later reader, ask for it again.
      taken.put(split, capped(found, rule, tokens).persist(StorageLevel.MEMORY_AND_DISK()));
    }
  }

  /** The documents of all splits: columns {@code split domain id rank characters}. */
  Dataset<Row> taken() {
    return taken.values().stream().reduce(Dataset::unionAll).orElseThrow();
  }

  /** Sentences on documents that the rules put in two splits neither of which excepts the other. */
  List<String> conflicts() {
    Column conflict = null;
    for (Split a : candidates.keySet()) {
      for (Split b : candidates.keySet()) {
        if (a.compareTo(b) < 0 && !settings.related(a, b)) {
          Column both =
              array_contains(col("splits"), a.key()).and(array_contains(col("splits"), b.key()));
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
        .groupBy("domain", "id")
        .agg(array_sort(collect_set("split")).as("splits"))
        .where(conflict)
        .withColumn("all", count(lit(1)).over(Window.partitionBy(lit(1))))
        .orderBy("domain", "id")
        .limit(SHOWN)
        .collectAsList()
        .stream()
        .map(Splits::conflict)
        .toList();
  }

  private static String conflict(Row row) {
    String both = String.join(" and ", row.<String>getList(2));
    String others = row.getLong(3) > 1 ? " (as are " + (row.getLong(3) - 1) + " others)" : "";
    return "Document %s of domain %s is in two splits, %s%s: narrow one of their rules, or let one except the other"
        .formatted(row.getString(1), row.getString(0), both, others);
  }

  private static Dataset<Row> without(Dataset<Row> documents, Dataset<Row> others) {
    Column same =
        documents
            .col("domain")
            .equalTo(others.col("domain"))
            .and(documents.col("id").equalTo(others.col("id")));
    return documents.join(others, same, "left_anti");
  }

  private static Dataset<Row> capped(
      Dataset<Row> found, SplitRule rule, UnaryOperator<Dataset<Row>> tokens) {
    Dataset<Row> fewer = capped(found, rule.documents(), lit(1));
    return rule.tokens().open()
        ? fewer
        : capped(
                fewer.join(tokens.apply(fewer), new String[] {"domain", "id"}, "left"),
                rule.tokens(),
                coalesce(col("tokens"), lit(0)))
            .select("split", "domain", "id", "rank", "characters");
  }

  /** Takes documents by rank as long as what they weigh together is within the cap. */
  private static Dataset<Row> capped(Dataset<Row> found, Cap cap, Column weight) {
    if (cap.open()) {
      return found;
    }
    Column within = lit(true);
    for (var domain : cap.domains().entrySet()) {
      Column fits = col("_running").leq(domain.getValue());
      within = when(col("domain").equalTo(domain.getKey()), fits).otherwise(within);
    }
    WindowSpec among = Window.partitionBy("split", "domain");
    if (cap.whole().isPresent()) {
      within = col("_running").leq(cap.whole().get());
      among = Window.partitionBy("split");
    }
    WindowSpec before =
        among
            .orderBy("rank", "domain", "id")
            .rowsBetween(Window.unboundedPreceding(), Window.currentRow());
    return found.withColumn("_running", sum(weight).over(before)).where(within).drop("_running");
  }

  @Override
  public void close() {
    taken.values().forEach(Dataset::unpersist);
  }
}
