package lethe.inference;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static org.apache.spark.sql.functions.col;

import java.io.Serializable;
import java.util.ArrayList;
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
    SparkSession spark = rows.sparkSession();
    int tasks = Math.max(1, spark.sparkContext().defaultParallelism());
    JavaRDD<Row> stage =
        rows.orderBy(tokens.desc(), col(DOMAIN), col(DOCUMENT), col(ORDINAL))
            .javaRDD()
            .zipWithIndex()
            .mapToPair(Tuple2::swap)
            .repartitionAndSortWithinPartitions(new ByBatch(tasks, batch))
            .mapPartitions(new Task(model, work, batch));
    return spark.createDataFrame(ModelStage.withGpu(spark, model.compute(), stage), schema);
  }

  /** All rows of a batch go to one partition; batches are assigned to partitions in turn. */
  private static final class ByBatch extends Partitioner {
    private final int tasks;
    private final int batch;

    ByBatch(int tasks, int batch) {
      this.tasks = tasks;
      this.batch = batch;
    }

    @Override
    public int numPartitions() {
      return tasks;
    }

    @Override
    public int getPartition(Object number) {
      return (int) ((Long) number / batch % tasks);
    }
  }

  private record Task(ModelKey model, Work work, int batch)
      implements FlatMapFunction<Iterator<Tuple2<Long, Row>>, Row> {
    @Override
    public Iterator<Row> call(Iterator<Tuple2<Long, Row>> numbered) {
      return new Flat(numbered, batch, rows -> LoadedModel.with(model, m -> work.rows(m, rows)));
    }
  }

  /** The rows of one batch at a time. */
  private static final class Flat implements Iterator<Row> {
    private final Iterator<Tuple2<Long, Row>> numbered;
    private final int batch;
    private final Function<List<Row>, List<Row>> work;
    private Tuple2<Long, Row> head;
    private Iterator<Row> done = List.<Row>of().iterator();

    Flat(Iterator<Tuple2<Long, Row>> numbered, int batch, Function<List<Row>, List<Row>> work) {
      this.numbered = numbered;
      this.batch = batch;
      this.work = work;
      advance();
    }

    private void advance() {
      head = numbered.hasNext() ? numbered.next() : null;
    }

    private List<Row> batch() {
      long number = head._1() / batch;
      List<Row> rows = new ArrayList<>();
      while (head != null && head._1() / batch == number) {
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
