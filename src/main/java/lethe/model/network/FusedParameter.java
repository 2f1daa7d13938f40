package lethe.model.network;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import lethe.model.checkpoint.NamedShape;

/**
 * One tensor of the network: a tensor of the checkpoint, or several that multiply the same input,
 * stacked along their first dimension, so that one matrix product serves them all. In the stack
 * their elements simply follow one another.
 *
 * @param tensors at least one; all dimensions but the first agree
 */
public record FusedParameter(List<NamedShape> tensors) {
  public FusedParameter {
    tensors = List.copyOf(tensors);
  }

  public static FusedParameter of(NamedShape... tensors) {
    return new FusedParameter(List.of(tensors));
  }

  static FusedParameter of(String name, long... shape) {
    return of(NamedShape.of(name, shape));
  }

  public Shape shape() {
    long[] shape = tensors.get(0).shape().stream().mapToLong(Long::longValue).toArray();
    shape[0] = tensors.stream().mapToLong(t -> t.shape().get(0)).sum();
    return new Shape(shape);
  }

  long elements() {
    return shape().size();
  }
}
