package lethe.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Supplier;

/** Switches on and off whether PyTorch records a graph for gradients. The switch is per thread. */
public final class Graph {
  private Graph() {}

  /** Runs without recording a graph; the results may still enter a later one. */
  public static <T> T withoutGraph(Supplier<T> work) {
    return recording(false, work);
  }

  /** Runs with autograd recording, which DJL leaves off. */
  public static <T> T withGraph(Supplier<T> work) {
    return recording(true, work);
  }

  private static <T> T recording(boolean on, Supplier<T> work) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(on);
    try {
      return work.get();
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  /** A leaf of a new graph with the same values. */
  public static NDArray leaf(NDArray array) {
    NDArray leaf = array.stopGradient();
    leaf.setRequiresGradient(true);
    return leaf;
  }

  /**
   * Adds the gradients of {@code sum(value * upstream)} to the leaves below {@code value}.
   *
   * @param upstream of the shape of {@code value}
   */
  public static void backward(NDArray value, NDArray upstream) {
    JniUtils.backward((PtNDArray) value, (PtNDArray) upstream, false, false);
  }
}
