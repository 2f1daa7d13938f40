package lethe.inference;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static org.apache.spark.sql.functions.col;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/**
 * Rows through a frozen model, in batches that depend on the rows alone, so that any cluster gives
 * the same bits: rows of similar length share a batch, which also keeps padding small.
 */
public final class BatchInference {
  private static final String LENGTH = "length";

  private BatchInference() {}

  /** What is done with a batch, on an executor. */
  public interface Work extends Serializable {
    List<Row> rows(LoadedModel model, List<Row> batch);
  }

  /**
   * @param rows with domain, document and ordinal, which identify them
   * @param tokens how long a row is
   * @param batch rows per pass
   * @param model that does the work
   * @param schema of the result
   */
  public static Dataset<Row> map(
      Dataset<Row> rows, Column tokens, int batch, ModelKey model, StructType schema, Work work) {
    Column[] order = {tokens.desc(), col(DOMAIN), col(DOCUMENT), col(ORDINAL)};
    return map(rows, order, Batches.of(batch), model, schema, pass(model, work));
  }

  private static Pass pass(ModelKey model, Work work) {
    return own -> LoadedModel.with(model, m -> work.rows(m, own));
  }

  /** What is done with a batch by two models, on an executor. */
  public interface PairWork extends Serializable {
    List<Row> rows(LoadedModel first, LoadedModel second, List<Row> batch);
  }

  /** The same with two models at once, both of the first one's compute settings. */
  public static Dataset<Row> map(
      Dataset<Row> rows,
      Column tokens,
      int batch,
      ModelKey first,
      ModelKey second,
      StructType schema,
      PairWork work) {
    Column[] order = {tokens.desc(), col(DOMAIN), col(DOCUMENT), col(ORDINAL)};
    Pass pass = own -> LoadedModel.with(first, second, (one, other) -> work.rows(one, other, own));
    return map(rows, order, Batches.of(batch), first, schema, pass);
  }

  /** What is done with a batch by several models, on an executor. */
  public interface GroupWork extends Serializable {
    List<Row> rows(List<LoadedModel> models, List<Row> batch);
  }

  /** The same with several models at once, all of the first one's compute settings. */
  public static Dataset<Row> map(
      Dataset<Row> rows,
      Column tokens,
      int batch,
      List<ModelKey> models,
      StructType schema,
      GroupWork work) {
    Column[] order = {tokens.desc(), col(DOMAIN), col(DOCUMENT), col(ORDINAL)};
    Pass pass = own -> LoadedModel.with(models, all -> work.rows(all, own));
    return map(rows, order, Batches.of(batch), models.get(0), schema, pass);
  }

  /** A batch through whatever models it needs. */
  private interface Pass extends Serializable {
    List<Row> rows(List<Row> batch);
  }

  /**
   * The same with rows of one length in a batch, so that none needs padding.
   *
   * @param tokens how long a row is
   * @param id columns that identify a row
   * @param batch most rows per pass
   * @param model that does the work
   * @param schema of the result
   */
  public static Dataset<Row> mapOneLength(
      Dataset<Row> rows,
      Column tokens,
      List<Column> id,
      int batch,
      ModelKey model,
      StructType schema,
      Work work) {
    long[] counts =
        rows.groupBy(tokens.as(LENGTH)).count().orderBy(col(LENGTH).desc()).collectAsList().stream()
            .mapToLong(row -> row.<Long>getAs("count"))
            .toArray();
    List<Column> order = new ArrayList<>(id);
    order.add(0, tokens.desc());
    Column[] all = order.toArray(Column[]::new);
    return map(rows, all, Batches.of(counts, batch), model, schema, pass(model, work));
  }

  private static Dataset<Row> map(
      Dataset<Row> rows,
      Column[] order,
      Batches batches,
      ModelKey model,
      StructType schema,
      Pass pass) {
    SparkSession spark = rows.sparkSession();
    int tasks = Math.max(1, spark.sparkContext().defaultParallelism());
    JavaRDD<Row> stage =
        rows.orderBy(order)
            .javaRDD()
            .zipWithIndex()
            .mapToPair(Tuple2::swap)
            .repartitionAndSortWithinPartitions(new ByBatch(tasks, batches))
            .mapPartitions(new Task(pass, batches));
    return spark.createDataFrame(ModelStage.withGpu(spark, model.compute(), stage), schema);
  }

  /**
   * Which batch each row belongs to, by its place in the order of all rows.
   *
   * @param starts the first place of each run of rows that share no batch with others, ascending
   * @param numbers the number of each run's first batch
   * @param size most rows of a batch
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Batches(long[] starts, long[] numbers, int size) implements Serializable {
    static Batches of(int size) {
      return new Batches(new long[1], new long[1], size);
    }

    /**
     * @param counts rows of each run
     */
    static Batches of(long[] counts, int size) {
      long[] starts = new long[counts.length];
      long[] numbers = new long[counts.length];
      for (int run = 1; run < counts.length; run++) {
        starts[run] = starts[run - 1] + counts[run - 1];
        numbers[run] = numbers[run - 1] + (counts[run - 1] + size - 1) / size;
      }
      return new Batches(starts, numbers, size);
    }

    long number(long place) {
      int found = Arrays.binarySearch(starts, place);
      int run = found >= 0 ? found : -found - 2; // the last that starts before it
      return numbers[run] + (place - starts[run]) / size;
    }
  }

  /** All rows of a batch go to one partition; batches are assigned to partitions in turn. */
  private static final class ByBatch extends Partitioner {
    private final int tasks;
    private final Batches batches;

    ByBatch(int tasks, Batches batches) {
      this.tasks = tasks;
      this.batches = batches;
    }

    @Override
    public int numPartitions() {
      return tasks;
    }

    @Override
    public int getPartition(Object number) {
      return (int) (batches.number((Long) number) % tasks);
    }
  }

  private record Task(Pass pass, Batches batches)
      implements FlatMapFunction<Iterator<Tuple2<Long, Row>>, Row> {
    @Override
    public Iterator<Row> call(Iterator<Tuple2<Long, Row>> numbered) {
      return new Flat(numbered, batches, pass::rows);
    }
  }

  /** The rows of one batch at a time. */
  private static final class Flat implements Iterator<Row> {
    private final Iterator<Tuple2<Long, Row>> numbered;
    private final Batches batches;
    private final Function<List<Row>, List<Row>> work;
    private Tuple2<Long, Row> head;
    private Iterator<Row> done = List.<Row>of().iterator();

    Flat(
        Iterator<Tuple2<Long, Row>> numbered,
        Batches batches,
        Function<List<Row>, List<Row>> work) {
      this.numbered = numbered;
      this.batches = batches;
      this.work = work;
      advance();
    }

    private void advance() {
      head = numbered.hasNext() ? numbered.next() : null;
    }

    private List<Row> batch() {
      long number = batches.number(head._1());
      List<Row> rows = new ArrayList<>();
      while (head != null && batches.number(head._1()) == number) {
        rows.add(head._2());
        advance();
      }
      return rows;
    }

    @Override
    public boolean hasNext() {
      while (!done.hasNext() && head != null) {
        done = work.apply(batch()).iterator();
      }
      return done.hasNext();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no row is left");
      }
      return done.next();
    }
  }
}
