package lethe.train.plan;

import java.io.Serializable;
import java.util.Comparator;

/**
 * Where an example stands in the plan; its order is the order of use.
 *
 * @param step from 0
 * @param shard of the step
 * @param role place in the method's roles
 * @param slot of the role within the step
 */
public record PlanKey(int step, int shard, int role, int slot)
    implements Comparable<PlanKey>, Serializable {
  private static final Comparator<PlanKey> ORDER =
      Comparator.comparingInt(PlanKey::step)
          .thenComparingInt(PlanKey::shard)
          .thenComparingInt(PlanKey::role)
          .thenComparingInt(PlanKey::slot);

  @Override
  public int compareTo(PlanKey other) {
    return ORDER.compare(this, other);
  }
}
