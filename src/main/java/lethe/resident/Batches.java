package lethe.resident;

import static org.apache.spark.sql.functions.col;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/**
 * Rows through a frozen model, in batches that depend on the rows alone, so that any cluster gives
 * the same bits: like lengths side by side, which also leaves little padding.
 */
public final class Batches {
  private Batches() {}

  /** What is done with a batch, on an executor. */
  public interface Work extends Serializable {
    List<Row> rows(ResidentModel model, List<Row> batch);
  }

  /**
   * @param rows with domain, document and ordinal, which tell them apart
   * @param tokens how long a row is
   * @param batch rows a pass
   * @param model that does the work
   * @param schema of what comes out
   */
  public static Dataset<Row> map(
      Dataset<Row> rows, Column tokens, int batch, ModelKey model, StructType schema, Work work) {
    SparkSession spark = rows.sparkSession();
    int tasks = Math.max(1, spark.sparkContext().defaultParallelism());
    return spark.createDataFrame(
        rows.orderBy(tokens.desc(), col("domain"), col("document"), col("ordinal"))
            .javaRDD()
            .zipWithIndex()
            .mapToPair(row -> new Tuple2<>(row._2() / batch, row))
            .groupByKey(new HashPartitioner(tasks))
            .mapPartitions(new Task(model, work)),
        schema);
  }

  private record Task(ModelKey model, Work work)
      implements FlatMapFunction<Iterator<Tuple2<Long, Iterable<Tuple2<Row, Long>>>>, Row> {
    @Override
    public Iterator<Row> call(Iterator<Tuple2<Long, Iterable<Tuple2<Row, Long>>>> batches) {
      if (!batches.hasNext()) {
        return List.<Row>of().iterator();
      }
      return new Flat(
          batches, batch -> ResidentModel.with(model, m -> work.rows(m, inOrder(batch))));
    }

    private static List<Row> inOrder(Iterable<Tuple2<Row, Long>> batch) {
      List<Tuple2<Row, Long>> rows = new ArrayList<>();
      batch.forEach(rows::add);
      rows.sort(Comparator.comparing(Tuple2::_2));
      return rows.stream().map(Tuple2::_1).toList();
    }
  }

  /** The rows of one batch at a time. */
  private static final class Flat implements Iterator<Row> {
    private final Iterator<Tuple2<Long, Iterable<Tuple2<Row, Long>>>> batches;
    private final Function<Iterable<Tuple2<Row, Long>>, List<Row>> work;
    private Iterator<Row> rows = List.<Row>of().iterator();

    Flat(
        Iterator<Tuple2<Long, Iterable<Tuple2<Row, Long>>>> batches,
        Function<Iterable<Tuple2<Row, Long>>, List<Row>> work) {
      this.batches = batches;
      this.work = work;
    }

    @Override
    public boolean hasNext() {
      while (!rows.hasNext() && batches.hasNext()) {
        rows = work.apply(batches.next()._2()).iterator();
      }
      return rows.hasNext();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no row is left");
      }
      return rows.next();
    }
  }
}
