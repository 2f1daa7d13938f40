package lethe.corpus.duplicate;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.QUESTION;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.table.Columns.DOMAIN;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import lethe.corpus.source.DocumentTexts;
import lethe.table.FewRows;
import lethe.table.MaterializedTables;
import lethe.table.Rows;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * Pairs of documents, one of which repeats the other. Candidates come from banded MinHash ({@link
 * MinHashBands}) and from a search for quotes ({@link QuoteIndex}) and excerpts ({@link
 * ExcerptIndex}), each with an index of the left documents that goes to every executor; every one
 * is then compared by its words (exact copies by their SHA-256, others by sets of 64-bit hashes of
 * all runs of words), so that no pair is listed that does not reach its threshold.
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

  private static final StructType CANDIDATES =
      new StructType().add(LEFT, NAME).add(RIGHT, NAME).add(SAME, DataTypes.BooleanType);

  private static final StructType PAIRS =
      new StructType()
          .add(LEFT, NAME)
          .add(RIGHT, NAME)
          .add(KIND, DataTypes.StringType)
          .add(JACCARD, DataTypes.DoubleType)
          .add(CONTAINED, DataTypes.DoubleType)
          .add(EXCERPT, DataTypes.DoubleType);

  private static final Encoder<Row> ROWS = Encoders.row(PAIRS);

  /** Bytes of sets that the driver compares itself, rather than with two shuffles. */
  static final long MOST_BYTES_COMPARED = 64L << 20;

  /** How often the driver may read as much, set by set: some seconds. */
  private static final long MOST_STEPS = 64;

  private final MaterializedTables tables;
  private final DocumentTexts texts;
  private final DuplicateSettings settings;
  private final long mostCompared;

  /** Rows (domain, id, text): its shuffle is done once, however often it is read. */
  private final JavaRDD<Row> whole;

  private final Dataset<Row> prints;
  private long hotBuckets;

  /**
   * @param tables that keep what is found
   * @param texts of the sources
   * @param which documents to compare: columns {@code domain id}
   * @param amount of their texts
   * @param mostCompared bytes, {@value #MOST_BYTES_COMPARED} but in tests
   */
  Duplicates(
      MaterializedTables tables,
      DocumentTexts texts,
      DuplicateSettings settings,
      Dataset<Row> which,
      DocumentTexts.Amount amount,
      long mostCompared) {
    this.tables = tables;
    this.texts = texts;
    this.settings = settings;
    this.mostCompared = mostCompared;
    this.whole =
        texts
            .of(which, amount)
            // A short answer says nothing without its question.
            .select(col(DOMAIN), col(ID), concat_ws("\n", col(QUESTION), col(TEXT)).as(TEXT))
            .javaRDD();
    MinHashBands bands = MinHashBands.at(settings.jaccardThreshold());
    this.prints =
        tables.keep(
            texts
                .spark()
                .createDataFrame(
                    whole.mapPartitions(
                        rows -> once(stream(rows)).map(new Print(bands)).iterator()),
                    PRINTS));
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
    List<Row> given =
        prints.join(documents(left), DOCUMENT).collectAsList().stream()
            .sorted(Comparator.comparing(Duplicates::order, Arrays::compareUnsigned))
            .toList();
    if (given.isEmpty()) {
      return texts.spark().createDataFrame(List.of(), PAIRS);
    }
    Broadcast<Given> names = broadcast(Given.of(given));
    Dataset<Row> candidates = near(given, names);
    if (search == Search.COPIES_AND_QUOTES) {
      candidates = candidates.unionAll(quotes(given, names)).unionAll(excerpts(names));
    }
    Dataset<Row> found =
        tables.keep(
            candidates
                .join(documents(right).withColumnRenamed(DOCUMENT, RIGHT), RIGHT)
                .select(LEFT, RIGHT, SAME)
                .distinct());
    return tables.few(found).flatMap(this::compared).orElseGet(() -> compared(found));
  }

  /**
   * Buckets so full of left documents, and runs of words so common among them, that not every pair
   * in them was compared.
   */
  long hotBuckets() {
    return hotBuckets;
  }

  private Dataset<Row> near(List<Row> given, Broadcast<Given> names) {
    BucketIndex buckets =
        BucketIndex.of(given.stream().map(row -> Rows.<Long>list(row, BUCKETS)).toList());
    hotBuckets += buckets.hot();
    Broadcast<BucketIndex> index = broadcast(buckets);
    return look(
        names,
        () -> {
          BucketIndex.Reader reader = index.value().new Reader();
          return print -> reader.candidates(Rows.list(print, BUCKETS));
        });
  }

  private Dataset<Row> quotes(List<Row> given, Broadcast<Given> names) {
    List<long[]> samples =
        given.stream()
            .map(row -> Rows.<Long>list(row, SAMPLE).stream().mapToLong(Long::longValue).toArray())
            .toList();
    QuoteIndex quotes = QuoteIndex.of(samples, settings.containmentThreshold());
    hotBuckets += quotes.common();
    return texts
        .spark()
        .createDataFrame(whole.mapPartitions(new Scan(broadcast(quotes), names)), CANDIDATES);
  }

  /**
   * The left texts' runs go to every executor, some at a time, and meet the right ones' samples.
   */
  private Dataset<Row> excerpts(Broadcast<Given> names) {
    JavaRDD<Row> given = sets(new HashSet<>(names.value().documents()));
    Iterator<Row> texts =
        FewRows.of(given, Duplicates::bytes, (long) ExcerptIndex.MOST_RUNS * Long.BYTES)
            .map(List::iterator)
            .orElseGet(() -> inOrder(given));
    Dataset<Row> found = null;
    while (found == null || texts.hasNext()) {
      List<Row> some = new ArrayList<>();
      for (long runs = 0; runs < ExcerptIndex.MOST_RUNS && texts.hasNext(); ) {
        Row text = texts.next();
        runs += bytes(text) / Long.BYTES;
        some.add(text);
      }
      Dataset<Row> own = excerpts(some, names);
      boolean only = found == null && !texts.hasNext();
      Dataset<Row> kept = only ? own : tables.keep(own); // before the next index takes memory
      found = found == null ? kept : found.unionAll(kept);
    }
    given.unpersist();
    return found;
  }

  private Iterator<Row> inOrder(JavaRDD<Row> sets) {
    return texts.spark().createDataFrame(sets, SETS).orderBy(DOCUMENT).toLocalIterator();
  }

  private Dataset<Row> excerpts(List<Row> sets, Broadcast<Given> names) {
    ExcerptIndex excerpts =
        ExcerptIndex.of(
            sets.stream().map(row -> ShingleSet.hashes(row.getAs(1))).toList(),
            settings.excerptThreshold());
    hotBuckets += excerpts.runs().common();
    Map<Row, Integer> numbers = names.value().numbers();
    int[] number = sets.stream().mapToInt(row -> numbers.get(row.<Row>getAs(0))).toArray();
    Broadcast<ExcerptIndex> index = broadcast(excerpts);
    return look(
        names,
        () -> {
          ExcerptIndex.Reader reader = index.value().new Reader();
          return print ->
              reader.candidates(Rows.list(print, SAMPLE)).stream().map(i -> number[i]).toList();
        });
  }

  /** Looks through all fingerprints. */
  private Dataset<Row> look(Broadcast<Given> names, Finder finder) {
    return prints.mapPartitions(new Look(names, finder), Encoders.row(CANDIDATES));
  }

  /** Pairs of few candidates, whose sets the driver compares; nothing where the sets are many. */
  private Optional<Dataset<Row>> compared(List<Row> candidates) {
    Set<Row> named = new HashSet<>();
    candidates.stream()
        .filter(pair -> !pair.<Boolean>getAs(SAME))
        .forEach(pair -> named.addAll(List.of(pair.getAs(LEFT), pair.getAs(RIGHT))));
    Map<Row, byte[]> sets = new HashMap<>();
    if (!named.isEmpty()) {
      JavaRDD<Row> all = sets(named);
      Optional<List<Row>> few = FewRows.of(all, Duplicates::bytes, mostCompared);
      all.unpersist();
      if (few.isEmpty()) {
        return Optional.empty();
      }
      few.get().forEach(row -> sets.put(row.getAs(0), row.getAs(1)));
      long steps =
          candidates.stream()
              .filter(pair -> !pair.<Boolean>getAs(SAME))
              .flatMap(pair -> Stream.of(pair.<Row>getAs(LEFT), pair.<Row>getAs(RIGHT)))
              .mapToLong(document -> sets.get(document).length)
              .sum();
      if (steps > MOST_STEPS * mostCompared) {
        return Optional.empty();
      }
    }
    List<Row> pairs =
        candidates.stream()
            .map(
                pair ->
                    pair.<Boolean>getAs(SAME)
                        ? exact(pair)
                        : pair(
                            pair,
                            sets.get(pair.<Row>getAs(LEFT)),
                            sets.get(pair.<Row>getAs(RIGHT)),
                            settings))
            .filter(pair -> pair.get(2) != null)
            .toList();
    return Optional.of(texts.spark().createDataFrame(pairs, PAIRS).coalesce(1));
  }

  /** Pairs of any number of candidates. */
  private Dataset<Row> compared(Dataset<Row> candidates) {
    Dataset<Row> exact =
        candidates.where(col(SAME)).map((MapFunction<Row, Row>) Duplicates::exact, ROWS);
    Dataset<Row> others = candidates.where(not(col(SAME)));
    if (others.isEmpty()) {
      return exact;
    }
    Dataset<Row> named =
        others.select(col(LEFT + ".*")).unionAll(others.select(col(RIGHT + ".*"))).distinct();
    Dataset<Row> sets = sets(named).persist(StorageLevel.DISK_ONLY());
    Dataset<Row> pairs =
        tables.keep(
            others
                .join(sets.toDF(LEFT, LEFT_SET), LEFT)
                .join(sets.toDF(RIGHT, RIGHT_SET), RIGHT)
                .map(new Compare(settings), ROWS)
                .where(col(KIND).isNotNull()));
    sets.unpersist();
    return exact.unionAll(pairs);
  }

  /** The sets of some documents, kept on disk; the names go to every executor. */
  private JavaRDD<Row> sets(Set<Row> named) {
    Broadcast<Set<Row>> wanted = broadcast(named);
    return whole
        .mapPartitions(rows -> setsOf(rows, wanted.value()))
        .persist(StorageLevel.DISK_ONLY());
  }

  /** Names go to the partitions that have their texts, so that no text has to be sorted. */
  private Dataset<Row> sets(Dataset<Row> named) {
    JavaRDD<Row> names =
        named
            .repartition(whole.getNumPartitions(), col(DOMAIN), col(ID)) // as DocumentTexts does
            .select(DOMAIN, ID)
            .javaRDD();
    return texts
        .spark()
        .createDataFrame(
            whole.zipPartitions(
                names,
                (rows, own) -> {
                  Set<Row> wanted = new HashSet<>();
                  own.forEachRemaining(wanted::add);
                  return setsOf(rows, wanted);
                }),
            SETS);
  }

  private <T> Broadcast<T> broadcast(T value) {
    return JavaSparkContext.fromSparkContext(texts.spark().sparkContext()).broadcast(value);
  }

  /** The document of a row of {@link #whole}. */
  private static Row document(Row whole) {
    return RowFactory.create(whole.getAs(DOMAIN), whole.getAs(ID));
  }

  /** The text of a row of {@link #whole}. */
  private static String text(Row whole) {
    return whole.getAs(TEXT);
  }

  /** Bytes of a row of {@link #SETS}. */
  private static long bytes(Row set) {
    return set.<byte[]>getAs(1).length;
  }

  /** Orders fingerprints as Spark orders the names of their documents. */
  private static byte[] order(Row print) {
    Row document = print.getAs(DOCUMENT);
    return (document.getString(0) + "\0" + document.getString(1)).getBytes(StandardCharsets.UTF_8);
  }

  /** Rows of {@link #whole}, each document once, however often the sources have it. */
  private static Stream<Row> once(Stream<Row> texts) {
    Set<Row> seen = new HashSet<>();
    return texts.filter(row -> seen.add(document(row))); // all of a document's are in one partition
  }

  private static Stream<Row> stream(Iterator<Row> rows) {
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(rows, 0), false);
  }

  /** Rows of {@link #SETS} of those documents that are wanted. */
  private static Iterator<Row> setsOf(Iterator<Row> texts, Set<Row> wanted) {
    return once(stream(texts).filter(row -> wanted.contains(document(row))))
        .map(row -> RowFactory.create(document(row), new ShingleSet(text(row)).bytes()))
        .iterator();
  }

  /**
   * The left documents, numbered.
   *
   * @param digests of their words
   */
  private record Given(List<Row> documents, List<byte[]> digests) implements Serializable {
    static Given of(List<Row> prints) {
      return new Given(
          prints.stream().map(row -> row.<Row>getAs(DOCUMENT)).toList(),
          prints.stream().map(row -> row.<byte[]>getAs(DIGEST)).toList());
    }

    Map<Row, Integer> numbers() {
      Map<Row, Integer> numbers = new HashMap<>();
      documents.forEach(document -> numbers.put(document, numbers.size()));
      return numbers;
    }

    /** A row of {@link #CANDIDATES}. */
    Row candidate(int number, Row right, byte[] digest) {
      return RowFactory.create(
          documents.get(number), right, Arrays.equals(digests.get(number), digest));
    }
  }

  /** Makes what finds the numbers of the left documents that a fingerprint may repeat. */
  private interface Finder extends Serializable {
    Function<Row, List<Integer>> reader();
  }

  /** (domain, id, text) to a fingerprint. */
  private record Print(MinHashBands bands) implements Function<Row, Row> {
    @Override
    public Row apply(Row row) {
      MinHashSignature print = new MinHashSignature(text(row), bands);
      return RowFactory.create(document(row), print.digest, print.buckets(), print.sample());
    }
  }

  /** (domain, id, text) to the given texts that seem to be quoted there. */
  private record Scan(Broadcast<QuoteIndex> quotes, Broadcast<Given> given)
      implements FlatMapFunction<Iterator<Row>, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      QuoteIndex.Reader reader = quotes.value().new Reader();
      List<Row> found = new ArrayList<>();
      while (rows.hasNext()) {
        Row row = rows.next();
        List<Integer> quoted = reader.candidates(text(row));
        if (!quoted.isEmpty()) {
          byte[] digest = Shingles.digest(text(row), run -> {});
          for (int number : quoted) {
            found.add(given.value().candidate(number, document(row), digest));
          }
        }
      }
      return found.iterator();
    }
  }

  /** A fingerprint to the given texts that it may repeat. */
  private record Look(Broadcast<Given> given, Finder finder)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> prints) {
      Function<Row, List<Integer>> reader = finder.reader();
      return stream(prints) // one after the other: there may be many candidates
          .flatMap(print -> reader.apply(print).stream().map(number -> candidate(number, print)))
          .iterator();
    }

    private Row candidate(int number, Row print) {
      return given.value().candidate(number, print.getAs(DOCUMENT), print.getAs(DIGEST));
    }
  }

  /** (right, left, same, left_set, right_set) to a row of {@link #PAIRS}. */
  private record Compare(DuplicateSettings settings) implements MapFunction<Row, Row> {
    @Override
    public Row call(Row pair) {
      return pair(pair, pair.getAs(LEFT_SET), pair.getAs(RIGHT_SET), settings);
    }
  }

  /** A row of {@link #PAIRS}, without a kind where neither text repeats the other. */
  private static Row pair(Row candidate, byte[] left, byte[] right, DuplicateSettings settings) {
    Similarity found = Similarity.of(left, right, settings);
    return RowFactory.create(
        candidate.getAs(LEFT),
        candidate.getAs(RIGHT),
        found.kind() == null ? null : found.kind().key(),
        found.jaccard(),
        found.contained(),
        found.excerpt());
  }

  private static Row exact(Row candidate) {
    return RowFactory.create(
        candidate.getAs(LEFT), candidate.getAs(RIGHT), Similarity.Kind.EXACT.key(), 1.0, 1.0, 1.0);
  }

  private static Dataset<Row> documents(Dataset<Row> named) {
    return named.select(struct(DOMAIN, ID).as(DOCUMENT));
  }
}
