package lethe.model.checkpoint;

import java.util.Arrays;
import java.util.List;

/**
 * A tensor's name and shape.
 *
 * @param name as in the Hugging Face checkpoint
 * @param shape elements along each dimension, outermost first; empty for a scalar
 */
public record NamedShape(String name, List<Long> shape) {
  public NamedShape {
    shape = List.copyOf(shape);
  }

  public static NamedShape of(String name, long... shape) {
    return new NamedShape(name, Arrays.stream(shape).boxed().toList());
  }

  /**
   * How many elements the tensor has.
   *
   * @throws ArithmeticException when that is more than a long holds
   */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** The shape as tensor libraries take it. */
  long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
