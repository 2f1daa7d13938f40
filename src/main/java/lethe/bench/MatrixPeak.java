package lethe.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.model.torch.NativeEngine;
import lethe.model.torch.TorchScript;

/**
 * How fast this machine multiplies large matrices, the bound on what a network can reach: one
 * product of each of a few shapes, timed.
 */
final class MatrixPeak implements AutoCloseable {
  private static final String SCRIPT =
      """
        def product(self, a: Tensor, b: Tensor) -> Tensor:
          return torch.mm(a, b)
        def narrowed(self, x: Tensor) -> Tensor:
          return torch.to(x, ${C})
        def sum(self, x: Tensor) -> Tensor:
          return torch.sum(torch.to(x, 6))
      """;

  private final NDManager manager;
  private final TorchScript script;

  /** Runs on a network's device and in its precision. */
  MatrixPeak(Compute compute) {
    NativeEngine.start(compute.threads());
    manager = Engine.getEngine("PyTorch").newBaseManager(compute.device());
    script =
        new TorchScript(
            manager, SCRIPT.replace("${C}", String.valueOf(compute.precision().scalarType())));
  }

  /**
   * Operations per second of one product.
   *
   * @param rows of the left matrix
   * @param inner columns of the left, rows of the right
   * @param columns of the right
   */
  double flopsPerSecond(int rows, int inner, int columns) {
    return Graph.withoutGraph(
        () -> {
          try (NDManager own = manager.newSubManager()) {
            NDArray a = script.run("narrowed", own.randomNormal(new Shape(rows, inner)));
            NDArray b = script.run("narrowed", own.randomNormal(new Shape(inner, columns)));
            finish(script.run("product", a, b)); // once for what is set up on first use
            long begun = System.nanoTime();
            finish(script.run("product", a, b));
            return 2.0 * rows * inner * columns / (System.nanoTime() - begun) * 1e9;
          }
        });
  }

  /** On a GPU a product has only been asked for when its call returns. */
  private void finish(NDArray product) {
    if (manager.getDevice().isGpu()) {
      script.run("sum", product).getFloat();
    }
  }

  @Override
  public void close() {
    script.close();
    manager.close();
  }
}
