package lethe.examples;

import static lethe.examples.ExampleRow.PAIR;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.FILE;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.ROW;
import static lethe.table.Columns.SHA256;
import static lethe.table.Columns.SOURCE;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.xxhash64;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import lethe.spark.ScalaSeq;
import org.apache.commons.math3.random.MersenneTwister;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Which kept example and which rejection go with each example to forget, the same in every epoch,
 * as the code of Yuan et al., arXiv:2410.08109, pairs them: the first two numbers of a Mersenne
 * twister seeded with the example's own number. So no more kept examples are used than there are
 * examples to forget.
 *
 * <p>Examples are numbered as they were read: by source, file and line, as the rows of that code's
 * files are.
 */
final class FixedPairing {
  /** Number of the rejection that goes with an example, from 0. */
  static final String SENTENCE = "sentence";

  private static final long UNSIGNED = 0xFFFFFFFFL;
  private static final String ORDER = "order";
  private static final String[] PLACE = {SOURCE, FILE, ROW};

  private FixedPairing() {}

  /**
   * @param forgotten number of the example to forget, from 0
   * @param kept number of kept examples, at least 1
   * @return number of the kept example
   */
  static long kept(long forgotten, long kept) {
    return (forgotten + (draws(forgotten)[0] % kept)) % kept;
  }

  /**
   * @param forgotten number of the example to forget, from 0
   * @param sentences number of rejections, at least 1
   * @return number of the rejection, for both the example to forget and the kept one
   */
  static int sentence(long forgotten, int sentences) {
    return (int) (draws(forgotten)[1] % sentences);
  }

  private static long[] draws(long forgotten) {
    MersenneTwister twister = new MersenneTwister((int) forgotten);
    return new long[] {twister.nextInt() & UNSIGNED, twister.nextInt() & UNSIGNED};
  }

  /**
   * Chunks with where their documents were read, in columns {@code source}, {@code file} and {@code
   * row}.
   *
   * @param documents of the corpus, as prepare lists them
   */
  static Dataset<Row> placed(Dataset<Row> chunks, Dataset<Row> documents) {
    return chunks.join(documents.drop(SHA256), ScalaSeq.of(List.of(SPLIT, DOMAIN, DOCUMENT)));
  }

  /**
   * Examples to forget, with their number in {@code pair} and the number of their rejection.
   *
   * @param chunks of the forget split, {@link #placed}
   */
  static Dataset<Row> forget(Dataset<Row> chunks, int sentences) {
    return numbered(chunks, number -> List.of(new Use(number, sentence(number, sentences))));
  }

  /**
   * Kept examples, each as often as it occurs in pairs, with the columns of {@link #forget}.
   *
   * @param chunks of a split to keep, {@link #placed}, not empty
   * @param forgotten number of examples to forget
   */
  static Dataset<Row> retain(Dataset<Row> chunks, long forgotten, int sentences) {
    long count = chunks.count();
    HashMap<Long, List<Long>> pairs = new HashMap<>();
    for (long i = 0; i < forgotten; i++) {
      pairs.computeIfAbsent(kept(i, count), number -> new ArrayList<>()).add(i);
    }
    return numbered(
        chunks,
        number ->
            pairs.getOrDefault(number, List.of()).stream()
                .map(i -> new Use(i, sentence(i, sentences)))
                .toList());
  }

  /**
   * A hash of what the numbers depend on: it changes when a document changes or is read from
   * another place.
   *
   * @param documents as in {@link #placed}
   */
  static String order(Dataset<Row> documents) {
    Column hash =
        xxhash64(col(SPLIT), col(DOMAIN), col(DOCUMENT), col(SOURCE), col(FILE), col(ROW))
            .cast("decimal(38,0)");
    Row all = documents.agg(sum(hash).as(ORDER)).head();
    return String.valueOf(all.<Object>getAs(ORDER));
  }

  /** A pair that an example is in. */
  private record Use(long pair, int sentence) {}

  private interface Uses extends Serializable {
    /** The pairs that the example with this number is in. */
    List<Use> of(long number);
  }

  private static Dataset<Row> numbered(Dataset<Row> chunks, Uses uses) {
    StructType schema =
        chunks
            .drop(PLACE)
            .schema()
            .add(PAIR, DataTypes.LongType)
            .add(SENTENCE, DataTypes.IntegerType);
    JavaRDD<Row> rows =
        chunks
            .orderBy(SOURCE, FILE, ROW, DOMAIN, DOCUMENT, ORDINAL)
            .drop(PLACE)
            .javaRDD()
            .zipWithIndex()
            .flatMap(
                numbered ->
                    uses.of(numbered._2()).stream()
                        .map(use -> with(numbered._1(), use))
                        .iterator());
    return chunks.sparkSession().createDataFrame(rows, schema);
  }

  /** The row with its use in two more columns. */
  private static Row with(Row row, Use use) {
    Object[] values = new Object[row.size() + 2];
    for (int i = 0; i < row.size(); i++) {
      values[i] = row.get(i);
    }
    values[row.size()] = use.pair();
    values[row.size() + 1] = use.sentence();
    return RowFactory.create(values);
  }
}
