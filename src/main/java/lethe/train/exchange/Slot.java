package lethe.train.exchange;

import lethe.train.gradient.SendOrder;

/**
 * One bucket of one vector of a gradient.
 *
 * @param part which vector, from 0: {@link lethe.train.gradient.GradientMode} says how many there
 *     are
 * @param bucket of the vector, from 0
 */
public record Slot(int part, int bucket) {
  /** The slot of a message that carries no gradient. */
  static final Slot NONE = new Slot(0, 0);

  /** Its place in the order in which a worker sends: vector after vector. */
  int place(SendOrder order) {
    return part * order.count() + order.place(bucket);
  }
}
