package lethe.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.posexplode;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
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
 * Pairs of documents of which one repeats the other. Candidates come from banded MinHash ({@link
 * Bands}) and from a search for quotes ({@link Quotes}); every one is then compared exactly, so
 * that no pair is listed that does not reach its threshold.
 *
 * <p>Finding fingerprints reads the texts once; each {@link #pairs} reads them once to look for
 * quotes and once more, if there is any candidate, to compare.
 */
final class Duplicates {
  private static final String[] NAME = {"domain", "id"};

  private static final StructType DOCUMENT =
      new StructType().add("domain", DataTypes.StringType).add("id", DataTypes.StringType);

  private static final StructType PRINTS =
      new StructType()
          .add("document", DOCUMENT)
          .add("buckets", DataTypes.createArrayType(DataTypes.LongType, false))
          .add("sample", DataTypes.createArrayType(DataTypes.LongType, false));

  private static final StructType SETS =
      new StructType()
          .add("document", DOCUMENT)
          .add("digest", DataTypes.BinaryType)
          .add("set", DataTypes.BinaryType);

  private static final StructType CANDIDATES =
      new StructType().add("left", DOCUMENT).add("right", DOCUMENT);

  private static final StructType PAIRS =
      CANDIDATES
          .add("kind", DataTypes.StringType)
          .add("jaccard", DataTypes.DoubleType)
          .add("contained", DataTypes.DoubleType);

  /**
   * The most left documents of a bucket that each right one is compared with, so that work grows
   * with the number of right documents and never with its square.
   */
  private static final int BUCKET = 64;

  private final Tables tables;
  private final Texts texts;
  private final DuplicateSettings settings;
  private final Dataset<Row> which;
  private final Dataset<Row> prints;
  private long hotBuckets;

  /**
   * @param tables that keep what is found
   * @param texts of the sources
   * @param which documents that are looked at: columns {@code domain id characters}
   */
  Duplicates(Tables tables, Texts texts, DuplicateSettings settings, Dataset<Row> which) {
    this.tables = tables;
    this.texts = texts;
    this.settings = settings;
    this.which = which;
    this.prints =
        tables.keep(
            whole(which)
                .map(new Print(Bands.at(settings.near())), Encoders.row(PRINTS))
                .dropDuplicates("document"));
  }

  /** What {@link #pairs} looks for. */
  enum Search {
    /** Exact and near copies. */
    COPIES,
    /** These, and right documents in which a left one is quoted. */
    COPIES_AND_QUOTES
  }

  /**
   * Pairs of a left and a right document.
   *
   * @param left columns {@code domain id}
   * @param right the same; no document may be in both
   * @return columns {@code left right}, each {@code (domain, id)}, {@code kind}, {@code jaccard}
   *     and {@code contained} (how much of the left one stands in the right one)
   */
  Dataset<Row> pairs(Dataset<Row> left, Dataset<Row> right, Search search) {
    Dataset<Row> candidates = near(documents(left), documents(right));
    if (search == Search.COPIES_AND_QUOTES) {
      candidates = candidates.unionAll(quotes(documents(left), right)).distinct();
    }
    Dataset<Row> found = tables.keep(candidates);
    return found.isEmpty() ? texts.spark().createDataFrame(List.<Row>of(), PAIRS) : compared(found);
  }

  /**
   * Buckets so full of left documents, and runs of words so common among them, that not every pair
   * in them was looked at.
   */
  long hotBuckets() {
    return hotBuckets;
  }

  private Dataset<Row> near(Dataset<Row> left, Dataset<Row> right) {
    Column place = row_number().over(Window.partitionBy("band", "value").orderBy("left"));
    Dataset<Row> own =
        buckets(left).withColumnRenamed("document", "left").withColumn("place", place);
    hotBuckets += own.where(col("place").equalTo(BUCKET + 1)).count();
    return own.where(col("place").leq(BUCKET))
        .join(buckets(right).withColumnRenamed("document", "right"), new String[] {"band", "value"})
        .select("left", "right")
        .distinct();
  }

  private Dataset<Row> buckets(Dataset<Row> documents) {
    return prints
        .join(documents, "document")
        .select(col("document"), posexplode(col("buckets")).as(new String[] {"band", "value"}));
  }

  private Dataset<Row> quotes(Dataset<Row> left, Dataset<Row> right) {
    List<Row> given = prints.join(left, "document").select("document", "sample").collectAsList();
    List<long[]> samples =
        given.stream()
            .map(row -> row.<Long>getList(1).stream().mapToLong(Long::longValue).toArray())
            .toList();
    Quotes quotes = Quotes.of(samples, settings.contained());
    hotBuckets += quotes.common();
    List<Row> names = given.stream().map(row -> row.getStruct(0)).toList();
    Broadcast<Quotes> broadcast =
        JavaSparkContext.fromSparkContext(texts.spark().sparkContext()).broadcast(quotes);
    return whole(which.join(right.select("domain", "id"), NAME))
        .mapPartitions(new Scan(broadcast, names), Encoders.row(CANDIDATES));
  }

  private Dataset<Row> compared(Dataset<Row> candidates) {
    Dataset<Row> named =
        candidates.select(col("left.*")).unionAll(candidates.select(col("right.*"))).distinct();
    Dataset<Row> sets =
        whole(which.join(named, NAME))
            .map((MapFunction<Row, Row>) Duplicates::set, Encoders.row(SETS))
            .dropDuplicates("document")
            .persist(StorageLevel.DISK_ONLY());
    Dataset<Row> pairs =
        tables.keep(
            candidates
                .join(sets.toDF("left", "left_digest", "left_set"), "left")
                .join(sets.toDF("right", "right_digest", "right_set"), "right")
                .map(new Compare(settings), Encoders.row(PAIRS))
                .where(col("kind").isNotNull()));
    pairs.count(); // while what it is made from is at hand
    sets.unpersist();
    return pairs;
  }

  /** Rows (domain, id, text); a short answer says nothing without its question. */
  private Dataset<Row> whole(Dataset<Row> documents) {
    return texts
        .of(documents)
        .select(col("domain"), col("id"), concat_ws("\n", col("_question"), col("text")));
  }

  private static Row document(Row text) {
    return RowFactory.create(text.get(0), text.get(1));
  }

  private static Row set(Row text) {
    ShingleSet set = new ShingleSet(text.getString(2));
    return RowFactory.create(document(text), set.digest, set.bytes());
  }

  /** (domain, id, text) to a fingerprint. */
  private record Print(Bands bands) implements MapFunction<Row, Row> {
    @Override
    public Row call(Row text) {
      Fingerprint print = new Fingerprint(text.getString(2), bands);
      return RowFactory.create(document(text), print.buckets(), print.sample());
    }
  }

  /** (domain, id, text) to the given texts that seem to be quoted there. */
  private record Scan(Broadcast<Quotes> quotes, List<Row> names)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      Quotes.Reader reader = quotes.value().new Reader();
      List<Row> found = new ArrayList<>();
      while (rows.hasNext()) {
        Row text = rows.next();
        for (int given : reader.candidates(text.getString(2))) {
          found.add(RowFactory.create(names.get(given), document(text)));
        }
      }
      return found.iterator();
    }
  }

  /** (right, left, left_digest, left_set, right_digest, right_set) to a row of {@link #PAIRS}. */
  private record Compare(DuplicateSettings settings) implements MapFunction<Row, Row> {
    @Override
    public Row call(Row pair) {
      byte[] leftDigest = pair.getAs("left_digest");
      byte[] rightDigest = pair.getAs("right_digest");
      Similarity found =
          Similarity.of(
              pair.getAs("left_set"),
              pair.getAs("right_set"),
              Arrays.equals(leftDigest, rightDigest),
              settings);
      return RowFactory.create(
          pair.getAs("left"),
          pair.getAs("right"),
          found.kind() == null ? null : found.kind().key(),
          found.jaccard(),
          found.contained());
    }
  }

  private static Dataset<Row> documents(Dataset<Row> named) {
    return named.select(struct("domain", "id").as("document"));
  }
}
