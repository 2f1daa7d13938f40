package lethe.corpus.split;

import static lethe.corpus.source.Documents.CHARACTERS;
import static lethe.corpus.source.Documents.DETAIL;
import static lethe.corpus.source.Documents.EXCERPT;
import static lethe.corpus.source.Documents.FILE;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.MADE;
import static lethe.corpus.source.Documents.QUESTION;
import static lethe.corpus.source.Documents.ROW;
import static lethe.corpus.source.Documents.SOURCE;
import static lethe.corpus.source.Documents.SOURCE_NUMBER;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.corpus.source.Documents.TEXT_CHARACTERS;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.source.Documents.URL;
import static lethe.corpus.split.RequestFile.NARROW;
import static lethe.corpus.split.RequestFile.WITHIN;
import static lethe.table.Columns.BY;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.KEY;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_compact;
import static org.apache.spark.sql.functions.array_distinct;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.conv;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.flatten;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.target.Split;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.types.DataTypes;

/**
 * The documents table without its texts, and with what splits are made from: no text passes through
 * a shuffle here, and everything is a function of a document, not of its place or its neighbours.
 *
 * <p>Columns {@code source domain id _source _file _row _made _reason _detail _excerpt _url} as in
 * {@link lethe.corpus.source.Documents}, {@code _digest} (SHA-256 of the text), {@code _content}
 * (the same, of a question with its answer that of both), {@code characters}, {@code _asked}
 * (characters of a question), {@code rank}, {@code splits}: the names of those whose conditions the
 * document meets, {@code except} and caps aside, and {@code _named}: whether a row, even one that
 * cannot be used, meets those of the forget split (null where that is unknown). Rows that repeat or
 * contradict a document have a reason.
 *
 * <p>A document's rank is the SHA-256 of {@code <seed> NUL <domain> NUL <id>} in hexadecimal; its
 * first 13 digits (52 bits) over 2^52 are its place on the line from 0 to 1 that fractions cut.
 */
public final class DocumentIndex {
  /** SHA-256 of the text. */
  static final String DIGEST = "_digest";

  /** The same; of a question with its answer, that of both. */
  public static final String CONTENT = "_content";

  /** Characters of a question. */
  public static final String ASKED = "_asked";

  /** Orders documents at random, by the seed. */
  static final String RANK = "rank";

  /** The splits whose conditions a document meets, except and caps aside. */
  static final String SPLITS = "splits";

  /** Whether a row meets the conditions of the forget split, even one that cannot be used. */
  public static final String NAMED = "_named";

  /** A row with the same domain, id and text as another one; harmless. */
  public static final String REPEATED = "repeated";

  /** Rows with the same domain and id and different texts; which one is meant is unknown. */
  static final String CONTRADICTED = "several texts under one id";

  /** Hexadecimal digits of a rank that decide on a fraction: as many as a double holds exactly. */
  private static final int RANK_DIGITS = 13;

  /** How many different beginnings of that length there are. */
  private static final double RANKS = 0x1p52;

  private final SplitRules rules;
  private final long seed;
  private final RuleFiles named;

  /** The column that is true for a document that the file lists. */
  private final Map<IdFile, String> listed = new LinkedHashMap<>();

  /** Columns, at least one of which is true for a document that the file's requests name. */
  private final Map<RequestFile, List<String>> requested = new LinkedHashMap<>();

  /**
   * @param seed of the ranks
   * @param named what the files that the rules name say
   */
  public DocumentIndex(SplitRules rules, long seed, RuleFiles named) {
    this.rules = rules;
    this.seed = seed;
    this.named = named;
    named.ids().keySet().forEach(file -> listed.put(file, "_listed" + listed.size()));
    named.requests().keySet().forEach(file -> requested.put(file, new ArrayList<>()));
  }

  public Dataset<Row> of(Dataset<Row> documents) {
    return faults(
            marked(documents)
                .withColumn(CONTENT, coalesce(col("_both"), col(DIGEST)))
                .withColumn("_met", array_compact(array(met())))
                .withColumn(NAMED, named()))
        .select(
            SOURCE,
            DOMAIN,
            ID,
            SOURCE_NUMBER,
            FILE,
            ROW,
            MADE,
            UNUSABLE,
            DETAIL,
            EXCERPT,
            URL,
            DIGEST,
            CONTENT,
            CHARACTERS,
            ASKED,
            RANK,
            SPLITS,
            NAMED);
  }

  /** Documents with what {@link #conditions} need. */
  public Dataset<Row> marked(Dataset<Row> documents) {
    Dataset<Row> rows = documents.select(columns());
    for (var list : listed.entrySet()) {
      Dataset<Row> ids = named.ids().get(list.getKey()).withColumn(list.getValue(), lit(true));
      rows = rows.join(ids, rows.col(ID).equalTo(ids.col(ID)), "left").drop(ids.col(ID));
    }
    for (var file : requested.entrySet()) {
      rows = mark(rows, named.requests().get(file.getKey()), file.getValue());
    }
    return rows;
  }

  /** Adds a column for each way in which requests name documents. */
  private Dataset<Row> mark(Dataset<Row> rows, Dataset<Row> lines, List<String> marks) {
    Dataset<Row> marked = rows;
    for (Row way : lines.select(BY, NARROW).distinct().orderBy(BY, NARROW).collectAsList()) {
      String mark = "_request" + requested.values().stream().mapToInt(List::size).sum();
      Dataset<Row> keys =
          lines
              .where(col(BY).equalTo(way.getAs(BY)).and(col(NARROW).equalTo(way.getAs(NARROW))))
              .select(col(KEY), col(WITHIN), lit(true).as(mark))
              .distinct();
      Column same =
          marked.col(RequestFile.COLUMNS.get(way.<String>getAs(BY))).equalTo(keys.col(KEY));
      if (way.<Boolean>getAs(NARROW)) {
        same = same.and(marked.col(DOMAIN).equalTo(keys.col(WITHIN)));
      }
      marked = marked.join(keys, same, "left").drop(KEY, WITHIN);
      marks.add(mark);
    }
    return marked;
  }

  /** What is needed of a document, and whether it meets the predicate of each split. */
  private Column[] columns() {
    List<Column> columns = new ArrayList<>();
    for (String name :
        List.of(
            SOURCE, DOMAIN, ID, SOURCE_NUMBER, FILE, ROW, MADE, UNUSABLE, DETAIL, EXCERPT, URL)) {
      columns.add(col(name));
    }
    columns.add(col(TEXT_CHARACTERS).as(CHARACTERS)); // which Spark itself counts slowly
    columns.add(length(col(QUESTION)).as(ASKED));
    columns.add(sha2(col(TEXT).cast(DataTypes.BinaryType), 256).as(DIGEST));
    columns.add(
        when(
                col(QUESTION).isNotNull(),
                sha2(concat_ws("\0", col(QUESTION), col(TEXT)).cast(DataTypes.BinaryType), 256))
            .as("_both"));
    columns.add(
        sha2(
                concat_ws("\0", lit(String.valueOf(seed)), col(DOMAIN), col(ID))
                    .cast(DataTypes.BinaryType),
                256)
            .as(RANK));
    rules
        .bySplit()
        .forEach(
            (split, rule) ->
                rule.where().ifPresent(where -> columns.add(expr(where.sql()).as(where(split)))));
    return columns.toArray(Column[]::new);
  }

  /** The name of each split, or null where a condition does not hold. */
  private Column[] met() {
    return rules.bySplit().keySet().stream()
        .map(split -> when(col(UNUSABLE).isNull().and(meets(split)), split.key()))
        .toArray(Column[]::new);
  }

  /**
   * Whether the forget split names a row. A capped split takes some of what meets its conditions
   * and names none.
   */
  private Column named() {
    return rules.rule(Split.FORGET).capped() ? lit(false) : meets(Split.FORGET);
  }

  /** Whether all conditions hold. */
  private Column meets(Split split) {
    return conditions(split).values().stream().reduce(lit(true), Column::and);
  }

  /** Each condition of a split, by its key in the settings. */
  public Map<String, Column> conditions(Split split) {
    Map<String, Column> all = new LinkedHashMap<>();
    SplitRule rule = rules.rule(split);
    if (rule.where().isPresent()) {
      all.put("where", col(where(split)));
    }
    if (rule.requests().isPresent()) {
      Column any = lit(false);
      for (String mark : requested.get(rule.requests().get())) {
        any = any.or(col(mark).isNotNull());
      }
      all.put("requests", any);
    }
    if (rule.ids().isPresent()) {
      all.put("ids", col(listed.get(rule.ids().get())).isNotNull());
    }
    if (rule.notIds().isPresent()) {
      all.put("not-ids", col(listed.get(rule.notIds().get())).isNull());
    }
    if (rule.from() > 0 || rule.to() < 1) {
      Column place =
          conv(substring(col(RANK), 1, RANK_DIGITS), 16, 10)
              .cast(DataTypes.DoubleType)
              .divide(RANKS);
      Column within = place.geq(rule.from()).and(place.lt(rule.to()));
      all.put("fraction", when(col(ID).isNotNull(), within));
    }
    return all;
  }

  private static String where(Split split) {
    return "_where_" + split.key();
  }

  /** Joins the splits of rows that are one document, and gives all but one of them a reason. */
  private static Dataset<Row> faults(Dataset<Row> rows) {
    // One column for all windows: with an expression in each, Spark would shuffle for each.
    Column usable = col("_usable");
    var same = Window.partitionBy(col(DOMAIN), col(ID), usable);
    Column differ = min(CONTENT).over(same).notEqual(max(CONTENT).over(same));
    Column later = row_number().over(same.orderBy(SOURCE_NUMBER, FILE, ROW)).gt(1);
    return rows.withColumn("_usable", col(UNUSABLE).isNull())
        .withColumn(SPLITS, array_distinct(flatten(collect_list("_met").over(same))))
        .withColumn("_fault", when(usable, when(differ, CONTRADICTED).when(later, REPEATED)))
        .withColumn(UNUSABLE, coalesce(col(UNUSABLE), col("_fault")));
  }
}
