package lethe.train;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import lethe.objective.Role;
import lethe.objective.SequenceTerm;

/**
 * Notices a term of sequences that no longer changes the model: its sigmoid is saturated, so its
 * loss shows as 0.000 and its gradient vanishes. Warns once per term.
 */
final class Saturation {
  /** What {@code %.3f} shows as 0.000, nats. */
  private static final double NOTHING = 0.0005;

  /** Steps in a row: a single batch may have a low loss by chance. */
  private static final int STEPS = 10;

  private final List<String> terms;
  private final Consumer<String> tell;
  private final Map<String, Integer> inARow = new HashMap<>();
  private final Set<String> told = new HashSet<>();

  /**
   * @param roles of the method
   * @param tell takes a sentence for the user
   */
  Saturation(List<Role> roles, Consumer<String> tell) {
    this.terms =
        roles.stream().filter(role -> role.term() instanceof SequenceTerm).map(Role::name).toList();
    this.tell = tell;
  }

  /**
   * Takes the losses of a step.
   *
   * @param step from 1
   * @param losses mean of each term, by role
   */
  void check(int step, Map<String, Double> losses) {
    for (String term : terms) {
      boolean nothing = losses.getOrDefault(term, 1.0) < NOTHING;
      int steps = nothing ? inARow.merge(term, 1, Integer::sum) : 0;
      inARow.put(term, steps);
      if (steps == STEPS && told.add(term)) {
        tell.accept(
            String.format(
                Locale.ROOT,
                "Warning: %s has been below %.4f nats for %d steps, up to step %d: it is saturated and no longer changes the model; a smaller unlearn.beta saturates later",
                term,
                NOTHING,
                STEPS,
                step));
      }
    }
  }
}
