package lethe.model.torch;

/**
 * The number format of matrix products and attention. Weights, norms, the residual stream, logits
 * and every sum of gradients are float32 in either.
 */
public enum Precision {
  FLOAT32(6),
  BFLOAT16(15);

  private final int scalarType;

  Precision(int scalarType) {
    this.scalarType = scalarType;
  }

  /** PyTorch's number for it, as scripts spell it. */
  public int scalarType() {
    return scalarType;
  }
}
