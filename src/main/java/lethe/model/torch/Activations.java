package lethe.model.torch;

/** What a recorded pass does with the layers' intermediate results; the gradients are the same. */
public enum Activations {
  /** Keeps them until the backward pass. */
  KEEP,
  /**
   * Keeps each layer's input only and runs the layer again in the backward pass: about a third more
   * work, and the memory of one layer instead of all.
   */
  RECOMPUTE
}
