package lethe.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;

/**
 * PyTorch's differentiation called from inside a script: gradients come back as values instead of
 * piling up in leaves, and tensors whose dtype DJL does not know pass through unseen.
 */
public final class Autograd {
  public static final String SCRIPT =
      """
        def gradients(self, y: Tensor, upstream: Tensor, inputs: List[Tensor]) -> List[Tensor]:
          found = torch.grad([y], inputs, annotate(List[Optional[Tensor]], [upstream]), None, False, False)
          result = annotate(List[Tensor], [])
          for i in range(torch.len(found)):
            _0 = torch.append(result, torch._unwrap_optional(found[i]))
          return result
        def first(self, gradients: List[Tensor]) -> List[Tensor]:
          result = annotate(List[Tensor], [])
          for i in range(torch.len(gradients)):
            _0 = torch.append(result, torch.contiguous(torch.to(gradients[i], 6)))
          return result
        def more(self, sums: List[Tensor], gradients: List[Tensor]) -> Tensor:
          for i in range(torch.len(sums)):
            _0 = torch.add_(sums[i], gradients[i])
          return sums[0]
        def narrowed(self, x: Tensor) -> Tensor:
          return torch.to(x, ${C}, False, True)
        def written(self, into: Tensor, x: Tensor, first: Tensor) -> Tensor:
          part = torch.narrow(torch.reshape(into, [-1]), 0, int(first), torch.size(x, 0))
          return torch.copy_(part, x)
        def zeros(self, x: Tensor) -> Tensor:
          return torch.zeros_like(x)
      """;

  private final TorchScript script;

  public Autograd(TorchScript script) {
    this.script = script;
  }

  /**
   * Gradients of {@code sum(value * upstream)}.
   *
   * @param value on a graph, which is freed
   * @param upstream of its shape and dtype
   * @param inputs leaves that the value depends on
   * @return one per input, owned by the value's manager
   */
  public NDList gradients(NDArray value, NDArray upstream, List<NDArray> inputs) {
    return Graph.withoutGraph(() -> script.runAll("gradients", value, upstream, inputs));
  }

  /** The gradients as initial values of float32 sums. */
  public NDList startSums(NDList gradients) {
    return Graph.withoutGraph(() -> script.runAll("first", gradients));
  }

  /** Adds gradients of any dtype to float32 sums. */
  public void addTo(List<NDArray> sums, NDList gradients) {
    Graph.withoutGraph(() -> script.run("more", sums, gradients)).close();
  }

  /** A copy in the dtype of matrix products, which DJL must not ask for. */
  public NDArray cast(NDArray array) {
    return Graph.withoutGraph(() -> script.run("narrowed", array));
  }

  /**
   * Overwrites a part of an array of any dtype, on any device, as one row of elements.
   *
   * @param into whose elements are overwritten
   * @param values float32, rounded to the nearest of the array's dtype, halves to even
   * @param first the element of the array that the first value overwrites, one int64
   */
  public void copyInto(NDArray into, NDArray values, NDArray first) {
    Graph.withoutGraph(() -> script.run("written", into, values, first)).close();
  }

  /** Zeros of an array's shape, dtype and device. */
  public NDArray zeros(NDArray like) {
    return Graph.withoutGraph(() -> script.run("zeros", like));
  }
}
