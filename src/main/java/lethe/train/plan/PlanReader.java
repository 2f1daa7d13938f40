package lethe.train.plan;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import lethe.loss.Example;
import scala.Tuple2;

/**
 * Hands out a worker's rows of the plan in order, micro-batch by micro-batch. A row that is skipped
 * is an error: it would be missing from a step that claims to have used it.
 */
public final class PlanReader {
  private final Iterator<Tuple2<RowKey, Example>> rows;
  private final int first;
  private Tuple2<RowKey, Example> head;

  /**
   * @param rows of one worker, in order
   * @param first step that the worker computes, from 0; rows of earlier steps were used before a
   *     retry
   */
  public PlanReader(Iterator<Tuple2<RowKey, Example>> rows, int first) {
    this.rows = rows;
    this.first = first;
    advance();
  }

  /**
   * The next probe rows of a shard and domain, at most {@code most}; empty when there are no more.
   *
   * @throws IllegalArgumentException when other rows come before them
   */
  public List<Example> nextProbe(int shard, int domain, int most) {
    return next(
        new ProbeKey(shard, domain, 0),
        key -> key instanceof ProbeKey k && k.shard() == shard && k.domain() == domain,
        most);
  }

  /**
   * The next rows of a step, shard and role, at most {@code most}; empty when there are no more.
   *
   * @throws IllegalArgumentException when other rows come before them
   */
  public List<Example> next(int step, int shard, int role, int most) {
    while (head != null && head._1() instanceof PlanKey key && key.step() < Math.min(step, first)) {
      advance();
    }
    return next(
        new PlanKey(step, shard, role, 0),
        key ->
            key instanceof PlanKey k && k.step() == step && k.shard() == shard && k.role() == role,
        most);
  }

  private List<Example> next(RowKey asked, Predicate<RowKey> fits, int most) {
    if (head != null && !fits.test(head._1()) && head._1().compareTo(asked) < 0) {
      throw new IllegalArgumentException(
          "the plan does not fit: its next row is %s for %s, but the worker needs %s; plan and workers must have the same version and number of workers"
              .formatted(head._2().id(), head._1(), asked));
    }
    List<Example> batch = new ArrayList<>();
    while (head != null && batch.size() < most && fits.test(head._1())) {
      batch.add(head._2());
      advance();
    }
    return batch;
  }

  private void advance() {
    head = rows.hasNext() ? rows.next() : null;
  }
}
