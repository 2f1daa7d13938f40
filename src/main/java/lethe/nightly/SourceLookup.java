package lethe.nightly;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.source.Documents.URL;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.KEY;
import static lethe.table.Columns.SHA256;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sha2;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import lethe.corpus.source.Documents;
import lethe.corpus.source.Predicate;
import lethe.corpus.source.Source;
import lethe.corpus.source.TableVersions;
import lethe.request.ForgottenName;
import lethe.request.NamedBy;
import lethe.request.RequestState;
import lethe.request.Wish;
import lethe.table.MaterializedTables;
import lethe.table.QuickPlans;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Finds the documents that requests name in the sources of the corpus. */
final class SourceLookup {
  /** Files so small that planning takes longer than work. */
  private static final long LITTLE_BYTES = 16 << 20;

  private static final int LITTLE_PARTITIONS = 4;

  /** Begins the names of columns that say whether a condition is met. */
  private static final String CONDITION = "_where";

  /** Column with the highest hash of a document's rows. */
  private static final String LAST = "_last";

  /** The number of a wish among all. */
  private static final String WISH = "wish";

  /** The domain that a wish is narrowed to. */
  private static final String NARROWED = "narrowed";

  private static final StructType WISHES =
      new StructType()
          .add(WISH, DataTypes.IntegerType)
          .add(KEY, DataTypes.StringType)
          .add(NARROWED, DataTypes.StringType);

  private static final StructType NAMES =
      new StructType().add(DOMAIN, DataTypes.StringType).add(DOCUMENT, DataTypes.StringType);

  private final SparkSession spark;
  private final List<Source> sources;
  private final double mostShare;

  /**
   * What was found.
   *
   * @param documents of each request, by its id, in order; without those of refused requests
   * @param unknown what a request names and no document is, by its id
   * @param refused why a request cannot be carried out, by its id
   * @param there the forgotten documents that the sources still have as they were
   */
  record Found(
      Map<String, List<ForgottenName>> documents,
      Map<String, List<Wish>> unknown,
      Map<String, String> refused,
      List<ForgottenName> there) {}

  /** A line of a request. */
  private record Asked(String request, Wish wish) {}

  /**
   * @param mostShare of all documents that a request may name
   */
  SourceLookup(SparkSession spark, List<Source> sources, double mostShare) {
    this.spark = spark;
    this.sources = sources;
    this.mostShare = mostShare;
  }

  /**
   * Looks for all of them in one pass over the sources. Where that fails, each condition is tried
   * alone, and a request is refused if its condition is at fault; whatever else fails ends the
   * look, so that no request is refused for a cluster's or a disk's fault.
   *
   * @param requests that are open
   * @param forgotten documents of earlier nights
   */
  Found find(List<RequestState> requests, List<ForgottenName> forgotten) {
    Map<String, String> refused = new LinkedHashMap<>();
    List<Asked> asked = asked(requests, refused, this::unknownColumn);
    try {
      return find(asked, forgotten, refused);
    } catch (Exception e) { // Spark's are checked but not declared
      read(documents(List.of()).read(), lit(true)); // fails where the sources do, whatever is asked
      int before = refused.size();
      List<Asked> others = asked(requests, refused, this::failure); // a condition on some document
      if (refused.size() == before) {
        throw e;
      }
      return find(others, forgotten, refused);
    }
  }

  /**
   * The lines of requests that are not refused.
   *
   * @param problem what is wrong with a condition
   */
  private static List<Asked> asked(
      List<RequestState> requests,
      Map<String, String> refused,
      Function<Predicate, Optional<String>> problem) {
    List<Asked> asked = new ArrayList<>();
    for (RequestState state : requests) {
      if (!refused.containsKey(state.request())) {
        state.content().wishes().stream()
            .filter(wish -> wish.by() == NamedBy.WHERE)
            .flatMap(wish -> problem.apply(new Predicate(wish.key())).stream())
            .findFirst()
            .ifPresent(why -> refused.put(state.request(), why));
      }
      if (!refused.containsKey(state.request())) {
        state.content().wishes().forEach(wish -> asked.add(new Asked(state.request(), wish)));
      }
    }
    return asked;
  }

  private Found find(
      List<Asked> asked, List<ForgottenName> forgotten, Map<String, String> refused) {
    Documents documents =
        documents(
            asked.stream()
                .filter(a -> a.wish().by() == NamedBy.WHERE)
                .map(a -> new Predicate(a.wish().key()))
                .toList());
    boolean little = documents.bytes().orElse(Long.MAX_VALUE) <= LITTLE_BYTES;
    return little
        ? QuickPlans.within(
            spark, LITTLE_PARTITIONS, () -> find(documents, asked, forgotten, refused))
        : find(documents, asked, forgotten, refused);
  }

  private Documents documents(List<Predicate> conditions) {
    return new Documents(spark, sources, conditions, new TableVersions(spark, List.of()));
  }

  private Optional<String> unknownColumn(Predicate where) {
    return documents(List.of(where)).problem(where).map(what -> "where " + what);
  }

  /** The documents that may be in a split; no condition is asked of the others. */
  private static Dataset<Row> usable(Documents documents) {
    return documents.read().where(col(UNUSABLE).isNull());
  }

  private static void read(Dataset<Row> documents, Column what) {
    documents.select(what).write().format("noop").mode("overwrite").save();
  }

  /** Why a condition fails on some document. */
  private Optional<String> failure(Predicate where) {
    try {
      read(usable(documents(List.of(where))), expr(where.sql()));
      return Optional.empty();
    } catch (Exception e) { // Spark's are checked but not declared
      if (!ConditionFault.is(e)) {
        throw e;
      }
      String why = String.valueOf(ExceptionUtils.getRootCause(e).getMessage());
      return Optional.of(
          "where \"%s\" fails on a document: %s"
              .formatted(where.sql(), why.lines().findFirst().orElse("")));
    }
  }

  private Found find(
      Documents documents,
      List<Asked> asked,
      List<ForgottenName> forgotten,
      Map<String, String> refused) {
    try (MaterializedTables tables = new MaterializedTables()) {
      Dataset<Row> index = tables.keep(index(documents, asked));
      long all = tables.count(index);
      Dataset<Row> matches = tables.keep(matches(index, asked));
      Map<String, Set<Integer>> wishes = wishes(asked);
      refuseTooMany(matches, wishes, all, refused);
      Map<Integer, Set<ForgottenName>> byWish = new TreeMap<>();
      Column wanted =
          col(WISH)
              .isin(
                  wishes.entrySet().stream()
                      .filter(own -> !refused.containsKey(own.getKey()))
                      .flatMap(own -> own.getValue().stream())
                      .toArray());
      matches
          .where(wanted)
          .orderBy(WISH, DOMAIN, DOCUMENT)
          .collectAsList()
          .forEach(
              row ->
                  byWish
                      .computeIfAbsent(row.<Integer>getAs(WISH), w -> new LinkedHashSet<>())
                      .add(name(row)));
      Map<String, List<ForgottenName>> found = new LinkedHashMap<>();
      Map<String, List<Wish>> unknown = new LinkedHashMap<>();
      wishes.forEach(
          (request, own) -> {
            if (!refused.containsKey(request)) {
              found.put(
                  request,
                  own.stream()
                      .flatMap(wish -> byWish.getOrDefault(wish, Set.of()).stream())
                      .distinct()
                      .toList());
              unknown.put(
                  request,
                  own.stream()
                      .filter(wish -> !byWish.containsKey(wish))
                      .map(wish -> asked.get(wish).wish())
                      .toList());
            }
          });
      return new Found(found, unknown, refused, there(index, forgotten));
    }
  }

  /** The documents without their texts: a row each, with what wishes are compared with. */
  private static Dataset<Row> index(Documents documents, List<Asked> asked) {
    List<Column> columns =
        new ArrayList<>(
            List.of(
                col(DOMAIN),
                col(ID).as(DOCUMENT),
                col(URL),
                sha2(col(TEXT).cast(DataTypes.BinaryType), 256).as(SHA256)));
    for (int i = 0; i < asked.size(); i++) {
      if (asked.get(i).wish().by() == NamedBy.WHERE) {
        columns.add(expr(asked.get(i).wish().key()).as(condition(i)));
      }
    }
    Dataset<Row> rows = usable(documents).select(columns.toArray(Column[]::new));
    List<Column> ofRows = new ArrayList<>(List.of(max(SHA256).as(LAST), max(URL).as(URL)));
    for (String name : rows.columns()) {
      if (name.startsWith(CONDITION)) {
        ofRows.add(max(name).as(name)); // met, if by any of its rows
      }
    }
    return rows.groupBy(DOMAIN, DOCUMENT)
        .agg(min(SHA256).as(SHA256), ofRows.toArray(Column[]::new))
        .where(col(SHA256).equalTo(col(LAST))) // several texts under one id are in no split
        .drop(LAST);
  }

  private static String condition(int wish) {
    return CONDITION + wish;
  }

  /** Columns {@code wish domain document _url sha256}. */
  private Dataset<Row> matches(Dataset<Row> index, List<Asked> asked) {
    Dataset<Row> all = null;
    for (NamedBy by : NamedBy.values()) {
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < asked.size(); i++) {
        Wish wish = asked.get(i).wish();
        if (wish.by() == by) {
          rows.add(RowFactory.create(i, wish.key(), wish.domain()));
        }
      }
      if (!rows.isEmpty()) {
        Dataset<Row> own = by == NamedBy.WHERE ? meeting(index, asked) : named(index, by, rows);
        all = all == null ? own : all.unionAll(own);
      }
    }
    return all == null ? named(index, NamedBy.DOCUMENT, List.of()) : all;
  }

  private Dataset<Row> named(Dataset<Row> index, NamedBy by, List<Row> rows) {
    String column =
        switch (by) {
          case DOCUMENT -> DOCUMENT;
          case URL -> URL;
          case SHA256 -> SHA256;
          case DOMAIN -> DOMAIN;
          case WHERE -> throw new IllegalStateException("A condition is no name");
        };
    Dataset<Row> wishes = spark.createDataFrame(rows, WISHES);
    return index
        .join(
            wishes,
            index
                .col(column)
                .equalTo(wishes.col(KEY))
                .and(
                    wishes
                        .col(NARROWED)
                        .isNull()
                        .or(wishes.col(NARROWED).equalTo(index.col(DOMAIN)))))
        .select(WISH, DOMAIN, DOCUMENT, URL, SHA256);
  }

  private static Dataset<Row> meeting(Dataset<Row> index, List<Asked> asked) {
    Dataset<Row> all = null;
    for (int i = 0; i < asked.size(); i++) {
      Wish wish = asked.get(i).wish();
      if (wish.by() == NamedBy.WHERE) {
        Column met = col(condition(i));
        Dataset<Row> own =
            index
                .where(wish.domain() == null ? met : met.and(col(DOMAIN).equalTo(wish.domain())))
                .select(lit(i).as(WISH), col(DOMAIN), col(DOCUMENT), col(URL), col(SHA256));
        all = all == null ? own : all.unionAll(own);
      }
    }
    return all;
  }

  private static Map<String, Set<Integer>> wishes(List<Asked> asked) {
    Map<String, Set<Integer>> wishes = new LinkedHashMap<>();
    for (int i = 0; i < asked.size(); i++) {
      wishes.computeIfAbsent(asked.get(i).request(), r -> new LinkedHashSet<>()).add(i);
    }
    return wishes;
  }

  /** Counted by Spark, because there may be more than a driver can hold. */
  private void refuseTooMany(
      Dataset<Row> matches,
      Map<String, Set<Integer>> wishes,
      long all,
      Map<String, String> refused) {
    Map<Integer, Long> counts = new TreeMap<>();
    matches
        .groupBy(WISH)
        .count()
        .collectAsList()
        .forEach(row -> counts.put(row.<Integer>getAs(WISH), row.<Long>getAs("count")));
    wishes.forEach(
        (request, own) -> {
          long most = own.stream().mapToLong(wish -> counts.getOrDefault(wish, 0L)).sum();
          if (most <= mostShare * all) {
            return;
          }
          long documents =
              matches
                  .where(col(WISH).isin(own.toArray()))
                  .select(DOMAIN, DOCUMENT)
                  .distinct()
                  .count();
          if (documents > mostShare * all) {
            refused.put(
                request,
                "it names %d of the %d documents in the sources, more than the share that nightly.most-share = %s allows; train a model without them, or raise the limit and send the request under another id"
                    .formatted(documents, all, mostShare));
          }
        });
  }

  private static ForgottenName name(Row row) {
    return new ForgottenName(
        row.getAs(DOMAIN), row.getAs(DOCUMENT), row.getAs(URL), row.getAs(SHA256));
  }

  private List<ForgottenName> there(Dataset<Row> index, List<ForgottenName> forgotten) {
    if (forgotten.isEmpty()) {
      return List.of();
    }
    Dataset<Row> names =
        spark.createDataFrame(
            forgotten.stream()
                .map(f -> RowFactory.create(f.domain(), f.document()))
                .distinct()
                .toList(),
            NAMES);
    Map<List<String>, String> there = new HashMap<>();
    index
        .join(names, new String[] {DOMAIN, DOCUMENT})
        .select(DOMAIN, DOCUMENT, SHA256)
        .collectAsList()
        .forEach(row -> there.put(List.of(row.getString(0), row.getString(1)), row.getString(2)));
    return forgotten.stream()
        .filter(f -> isThere(f, there.get(List.of(f.domain(), f.document()))))
        .toList();
  }

  /**
   * @param sha256 of the text that the sources have under its name; null for none
   */
  private static boolean isThere(ForgottenName document, String sha256) {
    return sha256 != null && (document.sha256() == null || document.sha256().equals(sha256));
  }
}
