package lethe.train;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.objective.Role;
import lethe.train.plan.TrainingPlan;
import lethe.train.steering.TargetController;

/**
 * How many positions or examples a term really saw in a step, when some domains are no longer
 * trained on: the record of a step divides by these counts. The loss itself is divided by the
 * plan's counts, so that the remaining domains weigh no more than before.
 */
final class EffectiveCounts {
  private final long[][] counts;
  private final TargetController steering;
  private final Map<Integer, List<long[]>> byDomain = new HashMap<>();

  /**
   * @param counts of the plan: [step][role]
   * @param roles of the method
   */
  EffectiveCounts(long[][] counts, List<Role> roles, TrainingPlan plan, TargetController steering) {
    this.counts = counts;
    this.steering = steering;
    for (int role = 0; role < roles.size(); role++) {
      if (roles.get(role).forgets()) {
        Map<String, long[]> own = plan.counts(role);
        byDomain.put(
            role,
            steering.domains().stream()
                .map(d -> own.getOrDefault(d, new long[counts.length]))
                .toList());
      }
    }
  }

  /** By role. */
  long[] of(int step) {
    long[] seen = counts[step].clone();
    double[] weights = steering.weightsAt(step);
    byDomain.forEach(
        (role, domains) -> {
          seen[role] = 0;
          for (int d = 0; d < weights.length; d++) {
            seen[role] += weights[d] > 0 ? domains.get(d)[step] : 0;
          }
        });
    return seen;
  }
}
