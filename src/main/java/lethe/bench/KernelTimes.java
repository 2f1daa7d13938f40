package lethe.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import lethe.model.network.Architecture;
import lethe.model.network.FusedParameter;
import lethe.model.torch.Autograd;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.model.torch.NativeEngine;
import lethe.model.torch.ScriptTemplates;
import lethe.model.torch.TorchScript;

/**
 * A network's own matrix products and its attention, timed alone: what PyTorch's kernels would give
 * on this machine if nothing had to happen between them. No arrangement of the same kernels can be
 * faster, so this and not the peak of one large product is the bound on a pass.
 *
 * <p>A product of N x I activations with an O x I matrix is one product forward and two backward:
 * the gradients of the activations and of the matrix.
 */
final class KernelTimes implements AutoCloseable {
  private static final String SCRIPT =
      """
        def leaf(self, x: Tensor) -> Tensor:
          return torch.requires_grad_(torch.detach(torch.to(x, ${C})), True)
        def forward(self, x: Tensor, w: Tensor) -> Tensor:
          return torch.linear(x, w)
        def activations(self, g: Tensor, w: Tensor) -> Tensor:
          return torch.mm(g, w)
        def matrix(self, g: Tensor, x: Tensor) -> Tensor:
          return torch.mm(torch.t(g), x)
        def causal(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
          return (self).attend(q, k, v, None, True, )
        def sum(self, x: Tensor) -> Tensor:
          return torch.sum(torch.to(x, 6))
      """;

  /** One kernel's fastest times in seconds; infinite before it has been timed. */
  private static final class Best {
    private double forward = Double.POSITIVE_INFINITY;
    private double backward = Double.POSITIVE_INFINITY;

    private double forward() {
      return forward;
    }

    private void take(double forward, double backward) {
      this.forward = Math.min(this.forward, forward);
      this.backward = Math.min(this.backward, backward);
    }
  }

  private final Architecture architecture;
  private final int batch;
  private final int tokens;
  private final NDManager manager;
  private final TorchScript script;
  private final Autograd autograd;

  /** How often each shape is multiplied with. */
  private final Map<Shape, Long> products;

  private final Map<Shape, Best> best = new LinkedHashMap<>();
  private final Best attention = new Best();

  /**
   * @param compute device, threads and precision
   * @param batch sequences per pass
   * @param tokens per sequence
   */
  KernelTimes(Architecture architecture, Compute compute, int batch, int tokens) {
    NativeEngine.start(compute.threads());
    this.architecture = architecture;
    this.batch = batch;
    this.tokens = tokens;
    manager = Engine.getEngine("PyTorch").newBaseManager(compute.device());
    String text = SCRIPT + ScriptTemplates.ATTEND + Autograd.SCRIPT;
    script =
        new TorchScript(
            manager, text.replace("${C}", String.valueOf(compute.precision().scalarType())));
    autograd = new Autograd(script);
    products =
        architecture.matrices().stream()
            .collect(
                Collectors.groupingBy(
                    FusedParameter::shape, LinkedHashMap::new, Collectors.counting()));
    products.keySet().forEach(shape -> best.put(shape, new Best()));
  }

  /** Times every kernel once more; the fastest time of each counts. */
  void round() {
    best.forEach((shape, times) -> product(shape.get(0), shape.get(1), times));
    attention();
  }

  /** Seconds of the products and the attention of a forward pass. */
  double forwardSeconds() {
    return total(Best::forward);
  }

  /** Seconds of the products and the attention of a forward and a backward pass. */
  double bothSeconds() {
    return total(times -> times.forward + times.backward);
  }

  private double total(ToDoubleFunction<Best> seconds) {
    double matrices =
        best.entrySet().stream()
            .mapToDouble(p -> products.get(p.getKey()) * seconds.applyAsDouble(p.getValue()))
            .sum();
    return matrices + architecture.layers().size() * seconds.applyAsDouble(attention);
  }

  private void product(long outputs, long inputs, Best times) {
    long rows = (long) batch * tokens;
    try (NDManager own = manager.newSubManager()) {
      NDArray w = narrowed(own, outputs, inputs);
      NDArray x = narrowed(own, rows, inputs);
      NDArray g = narrowed(own, rows, outputs);
      times.take(
          seconds(() -> script.run("forward", x, w)),
          seconds(() -> script.run("activations", g, w))
              + seconds(() -> script.run("matrix", g, x)));
    }
  }

  private void attention() {
    Architecture.Heads heads = architecture.heads();
    try (NDManager own = manager.newSubManager()) {
      NDArray upstream = narrowed(own, batch, tokens, (long) heads.queries() * heads.size());
      NDArray q = leaf(own, heads.queries());
      NDArray k = leaf(own, heads.keys());
      NDArray v = leaf(own, heads.keys());
      double forward = seconds(() -> script.run("causal", q, k, v));
      NDArray y = Graph.withGraph(() -> script.run("causal", q, k, v));
      attention.take(
          forward, seconds(() -> autograd.gradients(y, upstream, List.of(q, k, v)).get(0)));
    }
  }

  private NDArray leaf(NDManager own, long heads) {
    NDArray values = own.randomNormal(new Shape(batch, tokens, heads, architecture.heads().size()));
    return Graph.withGraph(() -> script.run("leaf", values));
  }

  private NDArray narrowed(NDManager own, long... shape) {
    NDArray values = own.randomNormal(new Shape(shape));
    return autograd.cast(values);
  }

  private double seconds(Supplier<NDArray> work) {
    long begun = System.nanoTime();
    NDArray result = Graph.withoutGraph(work);
    if (manager.getDevice().isGpu()) { // there a kernel has only been asked for
      script.run("sum", result).getFloat();
    }
    return (System.nanoTime() - begun) / 1e9;
  }

  @Override
  public void close() {
    script.close();
    manager.close();
  }
}
