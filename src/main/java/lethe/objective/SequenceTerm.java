package lethe.objective;

import java.util.List;

/**
 * A term of whole sequences: a formula of the summed log-likelihoods of an example's views; its
 * count is the number of examples.
 */
public non-sealed interface SequenceTerm extends Term {
  /** Whether {@link View#reference} is needed. */
  default boolean needsReference() {
    return false;
  }

  /**
   * The value for one example, to be minimised, and how fast it changes with each view.
   *
   * @param views one for each of {@link #views()}, in order
   */
  Slope of(List<View> views);

  /**
   * The scores of one view under the models.
   *
   * @param nll summed negative log-likelihood of its labels under the model that is trained, nats
   * @param reference the same under the reference model; NaN when the term needs none
   * @param tokens number of labels, at least 1
   */
  record View(double nll, double reference, int tokens) {}

  /**
   * @param value nats
   * @param perView derivative of the value with respect to each view's {@code nll}
   */
  record Slope(double value, List<Double> perView) {}
}
