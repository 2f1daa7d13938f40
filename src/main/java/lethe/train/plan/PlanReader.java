package lethe.train.plan;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import lethe.examples.ProbePlan;
import lethe.loss.Example;
import scala.Tuple2;

/**
 * Hands out a worker's rows of the plan in order, micro-batch by micro-batch. A row that nobody
 * asks for is refused: it would be missing from a step that claims to have used it.
 */
public final class PlanReader {
  private final Iterator<Tuple2<PlanKey, Example>> rows;
  private final int first;
  private Tuple2<PlanKey, Example> head;

  /**
   * @param rows of one worker, in order
   * @param first step that it does, from 0; rows of earlier steps were used before a retry
   */
  public PlanReader(Iterator<Tuple2<PlanKey, Example>> rows, int first) {
    this.rows = rows;
    this.first = first;
    advance();
  }

  /**
   * The next rows of a shard and role, at most {@code most}; empty when there are no more.
   *
   * @throws IllegalArgumentException when rows come before them that were not asked for
   */
  public List<Example> next(int step, int shard, int role, int most) {
    while (head != null && head._1().step() < Math.min(step, first) && !probe(head._1())) {
      advance();
    }
    PlanKey asked = new PlanKey(step, shard, role, 0);
    if (head != null && !at(head._1(), step, shard, role) && head._1().compareTo(asked) < 0) {
      throw new IllegalArgumentException(
          "the plan does not fit: it has %s for %s, and the next that is asked for is %s; the run's plan and its workers must be of one version and one number of workers"
              .formatted(head._2().id(), place(head._1()), place(asked)));
    }
    List<Example> batch = new ArrayList<>();
    while (head != null && batch.size() < most && at(head._1(), step, shard, role)) {
      batch.add(head._2());
      advance();
    }
    return batch;
  }

  private static boolean probe(PlanKey key) {
    return key.step() == ProbePlan.STEP;
  }

  private static boolean at(PlanKey key, int step, int shard, int role) {
    return key.step() == step && key.shard() == shard && key.role() == role;
  }

  private static String place(PlanKey key) {
    return "step %d, shard %d, role %d".formatted(key.step() + 1, key.shard(), key.role());
  }

  private void advance() {
    head = rows.hasNext() ? rows.next() : null;
  }
}
