package lethe.corpus.duplicate;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.QUESTION;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.table.Columns.DOMAIN;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.octet_length;
import static org.apache.spark.sql.functions.posexplode;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import lethe.corpus.source.DocumentTexts;
import lethe.table.MaterializedTables;
import lethe.table.Rows;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * Pairs of documents, one of which repeats the other. Candidates come from banded MinHash ({@link
 * MinHashBands}) and from a search for quotes ({@link QuoteIndex}) and excerpts ({@link
 * ExcerptIndex}); every one is then compared by its words (exact copies by their SHA-256, others by
 * sets of 64-bit hashes of all runs of words), so that no pair is listed that does not reach its
 * threshold.
 *
 * <p>The sources are read once. The texts stay in the files of Spark's shuffle (compressed, on the
 * executors' disks), from where fingerprints read them once; each {@link #pairs} reads them there
 * once to look for quotes, once for the runs of the left texts, and once more, if there are
 * candidates that are not exact copies, to compare.
 */
final class Duplicates {
  /** A struct of domain and id. */
  private static final String DOCUMENT = "document";

  static final String LEFT = "left";
  static final String RIGHT = "right";
  static final String KIND = "kind";
  static final String JACCARD = "jaccard";
  static final String CONTAINED = "contained";
  static final String EXCERPT = "excerpt";

  private static final String SAMPLE = "sample";
  private static final String SET = "set";
  private static final String DIGEST = "digest";
  private static final String LEFT_SET = "left_set";
  private static final String RIGHT_SET = "right_set";
  private static final String SAME = "same";
  private static final String BUCKETS = "buckets";

  private static final StructType NAME =
      new StructType().add(DOMAIN, DataTypes.StringType).add(ID, DataTypes.StringType);

  private static final StructType PRINTS =
      new StructType()
          .add(DOCUMENT, NAME)
          .add(DIGEST, DataTypes.BinaryType)
          .add(BUCKETS, DataTypes.createArrayType(DataTypes.LongType, false))
          .add(SAMPLE, DataTypes.createArrayType(DataTypes.LongType, false));

  private static final StructType SETS =
      new StructType().add(DOCUMENT, NAME).add(SET, DataTypes.BinaryType);

  private static final StructType CANDIDATES = new StructType().add(LEFT, NAME).add(RIGHT, NAME);

  private static final StructType PAIRS =
      CANDIDATES
          .add(KIND, DataTypes.StringType)
          .add(JACCARD, DataTypes.DoubleType)
          .add(CONTAINED, DataTypes.DoubleType)
          .add(EXCERPT, DataTypes.DoubleType);

  /**
   * The most left documents of a bucket that each right one is compared with, so that work grows
   * with the number of right documents and never with its square.
   */
  private static final int BUCKET = 64;

  private final MaterializedTables tables;
  private final DocumentTexts texts;
  private final DuplicateSettings settings;

  /** Rows (domain, id, text): its shuffle is done once, however often it is read. */
  private final JavaRDD<Row> whole;

  private final Dataset<Row> prints;
  private long hotBuckets;

  /**
   * @param tables that keep what is found
   * @param texts of the sources
   * @param which documents to compare: columns {@code domain id characters}
   */
  Duplicates(
      MaterializedTables tables,
      DocumentTexts texts,
      DuplicateSettings settings,
      Dataset<Row> which) {
    this.tables = tables;
    this.texts = texts;
    this.settings = settings;
    this.whole = whole(which).javaRDD();
    this.prints =
        tables.keep(
            texts
                .spark()
                .createDataFrame(
                    whole.map(new Print(MinHashBands.at(settings.jaccardThreshold()))), PRINTS)
                .dropDuplicates(DOCUMENT));
  }

  /** What {@link #pairs} looks for. */
  enum Search {
    /** Exact and near copies. */
    COPIES,
    /** These, right documents in which a left one is quoted, and excerpts of a left one. */
    COPIES_AND_QUOTES
  }

  /**
   * Pairs of a left and a right document.
   *
   * @param left columns {@code domain id}
   * @param right the same; no document may be in both
   * @return columns {@code left right}, each {@code (domain, id)}, {@code kind}, {@code jaccard},
   *     {@code contained} (how much of the left one is in the right one) and {@code excerpt} (how
   *     much of the right one is in the left one)
   */
  Dataset<Row> pairs(Dataset<Row> left, Dataset<Row> right, Search search) {
    Dataset<Row> candidates = near(documents(left), documents(right));
    if (search == Search.COPIES_AND_QUOTES) {
      candidates =
          candidates
              .unionAll(quotes(documents(left), documents(right)))
              .unionAll(excerpts(left, documents(right)))
              .distinct();
    }
    Dataset<Row> digests = prints.select(DOCUMENT, DIGEST);
    Dataset<Row> found =
        tables.keep(
            candidates
                .join(digests.toDF(LEFT, "left_digest"), LEFT)
                .join(digests.toDF(RIGHT, "right_digest"), RIGHT)
                .select(
                    col(LEFT),
                    col(RIGHT),
                    col("left_digest").equalTo(col("right_digest")).as(SAME)));
    Dataset<Row> exact =
        found
            .where(col(SAME))
            .select(
                col(LEFT),
                col(RIGHT),
                lit(Similarity.Kind.EXACT.key()).as(KIND),
                lit(1.0).as(JACCARD),
                lit(1.0).as(CONTAINED),
                lit(1.0).as(EXCERPT));
    Dataset<Row> others = found.where(not(col(SAME))).select(LEFT, RIGHT);
    return others.isEmpty() ? exact : exact.unionAll(compared(others));
  }

  /**
   * Buckets so full of left documents, and runs of words so common among them, that not every pair
   * in them was compared.
   */
  long hotBuckets() {
    return hotBuckets;
  }

  private Dataset<Row> near(Dataset<Row> left, Dataset<Row> right) {
    Column place = row_number().over(Window.partitionBy("band", "value").orderBy(LEFT));
    Dataset<Row> own = buckets(left).withColumnRenamed(DOCUMENT, LEFT).withColumn("place", place);
    hotBuckets += own.where(col("place").equalTo(BUCKET + 1)).count();
    return own.where(col("place").leq(BUCKET))
        .join(buckets(right).withColumnRenamed(DOCUMENT, RIGHT), new String[] {"band", "value"})
        .select(LEFT, RIGHT)
        .distinct();
  }

  private Dataset<Row> buckets(Dataset<Row> documents) {
    return prints
        .join(documents, DOCUMENT)
        .select(col(DOCUMENT), posexplode(col(BUCKETS)).as(new String[] {"band", "value"}));
  }

  private Dataset<Row> quotes(Dataset<Row> left, Dataset<Row> right) {
    List<Row> given = prints.join(left, DOCUMENT).select(DOCUMENT, SAMPLE).collectAsList();
    List<long[]> samples =
        given.stream()
            .map(row -> Rows.<Long>list(row, SAMPLE).stream().mapToLong(Long::longValue).toArray())
            .toList();
    QuoteIndex quotes = QuoteIndex.of(samples, settings.containmentThreshold());
    hotBuckets += quotes.common();
    List<Row> names = given.stream().map(row -> row.<Row>getAs(DOCUMENT)).toList();
    Broadcast<QuoteIndex> broadcast =
        JavaSparkContext.fromSparkContext(texts.spark().sparkContext()).broadcast(quotes);
    return texts
        .spark()
        .createDataFrame(whole.mapPartitions(new Scan(broadcast, names)), CANDIDATES)
        .join(right.withColumnRenamed(DOCUMENT, RIGHT), RIGHT)
        .select(LEFT, RIGHT);
  }

  /**
   * The left texts' runs go to every executor, some at a time, and meet the right ones' samples.
   */
  private Dataset<Row> excerpts(Dataset<Row> left, Dataset<Row> right) {
    Dataset<Row> given = sets(left).persist(StorageLevel.DISK_ONLY());
    long bytes = Rows.aggregate(given, sum(octet_length(col(SET))));
    boolean few = bytes <= (long) ExcerptIndex.MOST_RUNS * Long.BYTES;
    Iterator<Row> texts =
        few ? given.collectAsList().iterator() : given.orderBy(DOCUMENT).toLocalIterator();
    Dataset<Row> found = null;
    while (found == null || texts.hasNext()) {
      List<Row> names = new ArrayList<>();
      List<long[]> sets = new ArrayList<>();
      for (long runs = 0; runs < ExcerptIndex.MOST_RUNS && texts.hasNext(); ) {
        Row text = texts.next();
        long[] set = ShingleSet.hashes(text.getAs(SET));
        runs += set.length;
        names.add(text.getAs(DOCUMENT));
        sets.add(set);
      }
      Dataset<Row> some =
          excerpts(ExcerptIndex.of(sets, settings.excerptThreshold()), names, right);
      found = found == null ? some : found.unionAll(some);
    }
    given.unpersist();
    return found;
  }

  private Dataset<Row> excerpts(ExcerptIndex excerpts, List<Row> names, Dataset<Row> right) {
    hotBuckets += excerpts.runs().common();
    Broadcast<ExcerptIndex> broadcast =
        JavaSparkContext.fromSparkContext(texts.spark().sparkContext()).broadcast(excerpts);
    return tables.keep(
        prints
            .select(DOCUMENT, SAMPLE)
            .mapPartitions(new Look(broadcast, names), Encoders.row(CANDIDATES))
            .join(right.withColumnRenamed(DOCUMENT, RIGHT), RIGHT)
            .select(LEFT, RIGHT));
  }

  private Dataset<Row> compared(Dataset<Row> candidates) {
    Dataset<Row> named =
        candidates
            .select(col(LEFT + ".*"))
            .unionAll(candidates.select(col(RIGHT + ".*")))
            .distinct();
    Dataset<Row> sets = sets(named).persist(StorageLevel.DISK_ONLY());
    Dataset<Row> pairs =
        tables.keep(
            candidates
                .join(sets.toDF(LEFT, LEFT_SET), LEFT)
                .join(sets.toDF(RIGHT, RIGHT_SET), RIGHT)
                .map(new Compare(settings), Encoders.row(PAIRS))
                .where(col(KIND).isNotNull()));
    pairs.count(); // before the sets are dropped
    sets.unpersist();
    return pairs;
  }

  /** Names go to the partitions that have their texts, so that no text has to be sorted. */
  private Dataset<Row> sets(Dataset<Row> named) {
    JavaRDD<Row> names =
        named
            .repartition(whole.getNumPartitions(), col(DOMAIN), col(ID)) // as DocumentTexts does
            .select(DOMAIN, ID)
            .javaRDD();
    return texts.spark().createDataFrame(whole.zipPartitions(names, Duplicates::setsOf), SETS);
  }

  /** Rows (domain, id, text); a short answer says nothing without its question. */
  private Dataset<Row> whole(Dataset<Row> documents) {
    return texts
        .of(documents)
        .select(col(DOMAIN), col(ID), concat_ws("\n", col(QUESTION), col(TEXT)).as(TEXT));
  }

  /** The document of a row of {@link #whole}. */
  private static Row document(Row whole) {
    return RowFactory.create(whole.getAs(DOMAIN), whole.getAs(ID));
  }

  /** The text of a row of {@link #whole}. */
  private static String text(Row whole) {
    return whole.getAs(TEXT);
  }

  private static Iterator<Row> setsOf(Iterator<Row> texts, Iterator<Row> names) {
    Set<Row> wanted = new HashSet<>();
    names.forEachRemaining(wanted::add);
    Stream<Row> all = StreamSupport.stream(Spliterators.spliteratorUnknownSize(texts, 0), false);
    return all.filter(row -> wanted.remove(document(row))) // once, however often it is there
        .map(row -> RowFactory.create(document(row), new ShingleSet(text(row)).bytes()))
        .iterator();
  }

  /** (domain, id, text) to a fingerprint. */
  private record Print(MinHashBands bands) implements Function<Row, Row> {
    @Override
    public Row call(Row row) {
      MinHashSignature print = new MinHashSignature(text(row), bands);
      return RowFactory.create(document(row), print.digest, print.buckets(), print.sample());
    }
  }

  /** (domain, id, text) to the given texts that seem to be quoted there. */
  private record Scan(Broadcast<QuoteIndex> quotes, List<Row> names)
      implements FlatMapFunction<Iterator<Row>, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      QuoteIndex.Reader reader = quotes.value().new Reader();
      List<Row> found = new ArrayList<>();
      while (rows.hasNext()) {
        Row row = rows.next();
        for (int given : reader.candidates(text(row))) {
          found.add(RowFactory.create(names.get(given), document(row)));
        }
      }
      return found.iterator();
    }
  }

  /** (document, sample) to the given texts of which it seems to be an excerpt. */
  private record Look(Broadcast<ExcerptIndex> excerpts, List<Row> names)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> prints) {
      ExcerptIndex.Reader reader = excerpts.value().new Reader();
      List<Row> found = new ArrayList<>();
      while (prints.hasNext()) {
        Row print = prints.next();
        for (int given : reader.candidates(Rows.list(print, SAMPLE))) {
          found.add(RowFactory.create(names.get(given), print.getAs(DOCUMENT)));
        }
      }
      return found.iterator();
    }
  }

  /** (right, left, left_set, right_set) to a row of {@link #PAIRS}. */
  private record Compare(DuplicateSettings settings) implements MapFunction<Row, Row> {
    @Override
    public Row call(Row pair) {
      Similarity found = Similarity.of(pair.getAs(LEFT_SET), pair.getAs(RIGHT_SET), settings);
      return RowFactory.create(
          pair.getAs(LEFT),
          pair.getAs(RIGHT),
          found.kind() == null ? null : found.kind().key(),
          found.jaccard(),
          found.contained(),
          found.excerpt());
    }
  }

  private static Dataset<Row> documents(Dataset<Row> named) {
    return named.select(struct(DOMAIN, ID).as(DOCUMENT));
  }
}
