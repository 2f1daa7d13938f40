package lethe.train.plan;

import java.util.Comparator;

/**
 * The place of an example in the steps.
 *
 * @param step from 0
 * @param shard of the step
 * @param role place in the method's roles
 * @param slot of the role within the step
 */
record PlanKey(int step, int shard, int role, int slot) implements RowKey {
  static final Comparator<PlanKey> ORDER =
      Comparator.comparingInt(PlanKey::step)
          .thenComparingInt(PlanKey::shard)
          .thenComparingInt(PlanKey::role)
          .thenComparingInt(PlanKey::slot);

  @Override
  public String toString() {
    return "step %d, shard %d, role %d".formatted(step + 1, shard, role);
  }
}
