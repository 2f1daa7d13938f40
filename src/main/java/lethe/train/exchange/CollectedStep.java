package lethe.train.exchange;

import java.util.List;
import java.util.Optional;
import lethe.objective.Role;
import lethe.train.gradient.StepGradient;

/**
 * All that the workers have sent for a step.
 *
 * @param step from 0
 * @param attempt of the stage that computed it
 * @param gradient sums over all shards: [part][bucket][element]
 * @param reports by worker
 * @param bytes of gradients and weights that were sent for it
 * @param joinedNanos {@link System#nanoTime} when the last worker of the attempt had joined
 * @param notFinite which worker sent a number that is not finite, and for which tensor, if any did
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record CollectedStep(
    int step,
    int attempt,
    float[][][] gradient,
    List<WorkerReport> reports,
    long bytes,
    long joinedNanos,
    Optional<String> notFinite) {
  /**
   * Why the step must not be applied, if so: a number is not finite, or the workers have not scored
   * what the plan says.
   *
   * @param joined of {@link #gradient}
   * @param roles of the method
   * @param planned what each role's term was divided by
   */
  public Optional<String> objection(StepGradient joined, List<Role> roles, long[] planned) {
    if (!Double.isFinite(joined.norm())) {
      return Optional.of(
          notFinite.orElse("the sum of its gradients is not finite")
              + "; a lower train.learning-rate or train.max-grad-norm may keep it finite");
    }
    return WorkerReport.objection(roles, planned, reports);
  }
}
