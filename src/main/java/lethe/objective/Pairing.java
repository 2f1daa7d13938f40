package lethe.objective;

/** Which kept examples are used beside an example to forget. */
public enum Pairing {
  /** Each split in an order of its own, shuffled anew each epoch: every kept example is used. */
  INDEPENDENT,
  /**
   * One kept example and one rejection for each example to forget, the same in every epoch, as in
   * the code of Yuan et al., arXiv:2410.08109.
   */
  FIXED
}
