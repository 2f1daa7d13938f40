package lethe.train.plan;

import lethe.loss.Example;
import scala.Tuple2;

/** A row of a plan, as workers read it. */
public final class PlannedRow {
  private PlannedRow() {}

  public static Tuple2<RowKey, Example> of(int step, int shard, int role, Example example) {
    return new Tuple2<>(new PlanKey(step, shard, role, 0), example);
  }
}
