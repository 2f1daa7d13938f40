package lethe.train.plan;

import java.util.Comparator;
import org.apache.spark.sql.Row;

/**
 * The place of an example in the steps.
 *
 * @param step from 0
 * @param shard of the step
 * @param role place in the method's roles
 * @param slot of the role within the step
 */
record PlanKey(int step, int shard, int role, int slot) implements RowKey {
  static final String STEP = "step";
  static final String SHARD = "shard";
  static final String ROLE = "role";
  static final String SLOT = "slot";

  static final Comparator<PlanKey> ORDER =
      Comparator.comparingInt(PlanKey::step)
          .thenComparingInt(PlanKey::shard)
          .thenComparingInt(PlanKey::role)
          .thenComparingInt(PlanKey::slot);

  /** The place of a row of {@link TrainingPlan#rows}. */
  static PlanKey of(Row row) {
    return new PlanKey(
        row.<Integer>getAs(STEP),
        row.<Integer>getAs(SHARD),
        row.<Integer>getAs(ROLE),
        row.<Integer>getAs(SLOT));
  }

  @Override
  public String toString() {
    return "step %d, shard %d, role %d".formatted(step + 1, shard, role);
  }
}
