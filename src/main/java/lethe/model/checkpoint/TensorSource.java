package lethe.model.checkpoint;

/** Where the weights of named tensors come from, a range at a time. */
@FunctionalInterface
public interface TensorSource {
  /**
   * Copies consecutive elements, in row-major order, into an array.
   *
   * @param name of the tensor
   * @param fromElement first element wanted, from 0
   * @param to takes the elements
   * @param offset in {@code to} of the first
   * @param count how many elements
   */
  void read(String name, long fromElement, float[] to, int offset, int count);
}
