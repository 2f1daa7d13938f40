package lethe.target;

import java.io.Serializable;

/**
 * How a training is steered to its target.
 *
 * @param leastSteps before which it does not end, nor is any step's model kept
 * @param pullsBack whether the forget term has an end of its own, on either side: then a domain at
 *     its target is trained on as before, while for others it would only be pushed past it
 */
public record SteeringRules(int leastSteps, boolean pullsBack) implements Serializable {
  /** It ends as soon as it may, and leaves a domain at its target alone. */
  public static final SteeringRules PLAIN = new SteeringRules(0, false);
}
