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
        def turned(self, a: Tensor, b: Tensor) -> Tensor:
          return torch.linear(a, b)
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
   * Operations per second of one product, of the faster of the two ways to lay out the right matrix
   * that a network has. A processor without instructions for a precision needs a minute for what
   * others do in a third of a second, so fewer rows are multiplied where all of them would take
   * longer than a second.
   *
   * @param rows of the left matrix
   * @param inner columns of the left, rows of the right
   * @param columns of the right
   */
  double flopsPerSecond(int rows, int inner, int columns) {
    return Graph.withoutGraph(
        () -> {
          try (NDManager own = manager.newSubManager()) {
            NDArray left = script.run("narrowed", own.randomNormal(new Shape(rows, inner)));
            double flops = 2.0 * inner * columns;
            return flops
                * Math.max(
                    rowsPerSecond("product", left, new Shape(inner, columns)),
                    rowsPerSecond("turned", left, new Shape(columns, inner)));
          }
        });
  }

  private double rowsPerSecond(String product, NDArray left, Shape shape) {
    NDManager own = left.getManager();
    NDArray right = script.run("narrowed", own.randomNormal(shape));
    int rows = (int) left.getShape().get(0);
    int few = Math.min(rows, FEW_ROWS);
    int most = (int) Math.min(rows, few * LONGEST_SECONDS / seconds(product, few, left, right));
    int taken = Math.max(few, most);
    return taken / seconds(product, taken, left, right);
  }

  /** How long the product of the first rows takes when what it needs has been set up. */
  private double seconds(String product, int rows, NDArray left, NDArray right) {
    NDArray first = left.get("0:" + rows);
    finish(script.run(product, first, right));
    return Bench.seconds(() -> finish(script.run(product, first, right)));
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
