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

  /** Enough that Java's part of a product does not count. */
  private static final int FEW_ROWS = 16;

  private static final double LONGEST_SECONDS = 1;

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
   * Operations per second of one product, of fewer rows where all of them would take longer than a
   * second: a processor without instructions for a precision needs a minute for what others do in a
   * third of a second.
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
            int few = Math.min(rows, FEW_ROWS);
            int most = (int) Math.min(rows, few * LONGEST_SECONDS / seconds(few, a, b));
            int taken = Math.max(few, most);
            return 2.0 * taken * inner * columns / seconds(taken, a, b);
          }
        });
  }

  /** How long the product of the first rows takes when what it needs has been set up. */
  private double seconds(int rows, NDArray a, NDArray b) {
    NDArray first = a.get("0:" + rows);
    finish(script.run("product", first, b));
    return Bench.seconds(() -> finish(script.run("product", first, b)));
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
