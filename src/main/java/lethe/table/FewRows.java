package lethe.table;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;

/**
 * Rows that come to the driver if they are few, in the job that computes them: each partition
 * brings along its rows if they are within its share. Few rows in very many partitions, or many of
 * them in one, take another job. The driver never gets more than the most that is asked for.
 */
public final class FewRows {
  /** With more partitions than this, a share is too small to be worth sending. */
  private static final int MOST_PARTITIONS = 200;

  private FewRows() {}

  /**
   * What a row weighs.
   *
   * @param <T> a row
   */
  @FunctionalInterface
  public interface Weight<T> extends Serializable {
    /** Of one row, at least 0. */
    long of(T row);
  }

  /**
   * All rows, in the order of the partitions; nothing if they weigh more than the most.
   *
   * @param rows are computed twice where one partition has more than its share; persist them if
   *     that is costly
   */
  public static <T> Optional<List<T>> of(JavaRDD<T> rows, Weight<T> weight, long most) {
    int partitions = rows.getNumPartitions();
    long share = partitions > MOST_PARTITIONS ? 0 : most / Math.max(1, partitions);
    List<Tuple2<Long, List<T>>> shares =
        rows.mapPartitions(part -> List.of(share(part, weight, share)).iterator()).collect();
    if (shares.stream().mapToLong(Tuple2::_1).sum() > most) {
      return Optional.empty();
    }
    boolean whole = shares.stream().allMatch(part -> part._1 <= share);
    return Optional.of(
        whole ? shares.stream().flatMap(part -> part._2.stream()).toList() : rows.collect());
  }

  /** What a partition weighs, and its rows if that is no more than its share. */
  private static <T> Tuple2<Long, List<T>> share(Iterator<T> rows, Weight<T> weight, long share) {
    List<T> first = new ArrayList<>();
    long sum = 0;
    while (rows.hasNext()) {
      T row = rows.next();
      sum += weight.of(row);
      if (sum <= share) {
        first.add(row);
      } else {
        first.clear();
      }
    }
    return new Tuple2<>(sum, first);
  }
}
