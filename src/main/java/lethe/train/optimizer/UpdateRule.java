package lethe.train.optimizer;

import java.util.List;

/** How a step changes the weights. */
public enum UpdateRule {
  /** By the gradient's mean over its root mean square. */
  ADAMW,
  /** By the sign of the gradient's mean: every weight as far as any other. */
  SIGN;

  /** What is kept from step to step: the weights first, then what is kept for each of them. */
  public List<String> vectors() {
    return this == ADAMW ? List.of("weights", "mean", "square") : List.of("weights", "mean");
  }
}
