package lethe.objective;

/** A model that is not trained, whose predictions a term uses. */
public enum FrozenModel {
  /** The original model, or the one that this run starts from. */
  REFERENCE,
  /** A model trained further on the forget split, which knows it better than the reference. */
  REINFORCED
}
