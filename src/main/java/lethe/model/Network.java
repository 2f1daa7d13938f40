package lethe.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The forward pass of a language model on one device: tokens to hidden states, hidden states to
 * logits.
 *
 * <p>Needs no attention mask: sequences are padded on the right, attention is causal, so padding
 * never reaches a real position. Not thread-safe.
 */
public final class Network implements AutoCloseable {
  private static final String ROWS =
      """
        def pick(self, h: Tensor, rows: Tensor) -> Tensor:
          return torch.index_select(torch.reshape(h, [-1, torch.size(h, -1)]), 0, rows)
        def spread(self, h: Tensor, rows: Tensor, g: Tensor) -> Tensor:
          flat = torch.zeros_like(torch.reshape(h, [-1, torch.size(h, -1)]))
          return torch.reshape(torch.index_add(flat, 0, rows, g), torch.size(h))
      """;

  private final Architecture architecture;
  private final NDManager manager;
  private final TorchScript script;
  private final Map<Integer, List<NDArray>> tables = new HashMap<>();

  /**
   * @param device where it runs
   * @param threads for matrix products
   */
  public Network(Architecture architecture, Device device, int threads) {
    NativeEngine.start(threads);
    this.architecture = architecture;
    this.manager = Engine.getEngine("PyTorch").newBaseManager(device);
    this.script = new TorchScript(manager, architecture.script() + ROWS);
  }

  public Architecture architecture() {
    return architecture;
  }

  /** A manager for the arrays of one piece of work; close it when done. */
  public NDManager newManager() {
    return manager.newSubManager();
  }

  /** Parameters, all zero. */
  public Parameters newParameters() {
    return new Parameters(manager, architecture);
  }

  /**
   * Hidden states after the last layer, before the final norm.
   *
   * @param idsBT token ids, padded on the right with any id; at most {@link Architecture#context()}
   *     long
   * @return B x T x D, owned by the manager of {@code idsBT}
   */
  public NDArray hidden(NDArray idsBT, Parameters weights) {
    int tokens = (int) idsBT.getShape().get(1);
    architecture.context().check(tokens);
    NDArray xBTD = script.run("embed", idsBT, weights.at(architecture.embedding()));
    for (List<Integer> layer : architecture.layers()) {
      xBTD = script.run("forward", xBTD, tables(tokens), weights.at(layer));
    }
    return xBTD;
  }

  /** Logits of hidden states: N x D in, N x V float32 out. */
  public NDArray logits(NDArray hiddenND, Parameters weights) {
    return script.run("head", hiddenND, weights.at(architecture.head()));
  }

  /** Rows of B x T x D at flat positions b * T + t: N x D. */
  public NDArray pick(NDArray hiddenBTD, NDArray rowsN) {
    return script.run("pick", hiddenBTD, rowsN);
  }

  /**
   * The reverse of {@link #pick} for gradients: a B x T x D tensor with {@code gradientND} added at
   * its rows, else zero.
   */
  public NDArray spread(NDArray hiddenBTD, NDArray rowsN, NDArray gradientND) {
    return script.run("spread", hiddenBTD, rowsN, gradientND);
  }

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

  private List<NDArray> tables(int tokens) {
    return tables.computeIfAbsent(
        tokens,
        t -> {
          List<NDArray> arrays = new ArrayList<>();
          for (Architecture.Table table : architecture.tables().apply(t)) {
            arrays.add(manager.create(table.values(), new Shape(table.rows(), table.columns())));
          }
          return arrays;
        });
  }

  @Override
  public void close() {
    script.close();
    manager.close();
  }
}
