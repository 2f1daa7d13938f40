package lethe.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A network's parameters as float32 tensors on a device, addressed as one flat vector: the
 * parameters of {@link Architecture#parameters()} one after another.
 *
 * <p>Not thread-safe.
 */
public final class Parameters implements AutoCloseable {
  private final NDManager manager;
  private final List<NDArray> arrays;
  private final long[] starts;

  Parameters(NDManager parent, Architecture architecture) {
    manager = parent.newSubManager();
    arrays = new ArrayList<>();
    for (Parameter parameter : architecture.parameters()) {
      arrays.add(manager.zeros(parameter.shape(), DataType.FLOAT32));
    }
    starts = starts(architecture);
  }

  private Parameters(NDManager manager, List<NDArray> arrays, long[] starts) {
    this.manager = manager;
    this.arrays = arrays;
    this.starts = starts;
  }

  /** The tensors at some places of {@link Architecture#parameters()}. */
  List<NDArray> at(List<Integer> places) {
    return places.stream().map(arrays::get).toList();
  }

  /**
   * The same memory as leaves of a fresh graph: gradients of passes through them add up in them,
   * from nothing. This takes the place of zeroing gradients.
   */
  public Parameters leaves() {
    List<NDArray> leaves = new ArrayList<>();
    NDManager own = manager.getParentManager().newSubManager();
    for (NDArray array : arrays) {
      NDArray leaf = array.stopGradient();
      leaf.attach(own);
      leaf.setRequiresGradient(true);
      leaves.add(leaf);
    }
    return new Parameters(own, leaves, starts);
  }

  /**
   * Overwrites a range of the flat vector.
   *
   * @param offset first element
   * @param values {@code count} of them, from {@code from}
   */
  public void write(long offset, float[] values, int from, int count) {
    walk(
        offset,
        count,
        (array, at, done, length) -> buffer(array).position(at).put(values, from + done, length));
  }

  /** Reads a range of the flat vector. */
  public void read(long offset, float[] values, int from, int count) {
    walk(
        offset,
        count,
        (array, at, done, length) -> buffer(array).position(at).get(values, from + done, length));
  }

  /**
   * Reads a range of the gradients that passes through these {@link #leaves()} have left; a
   * parameter no pass has reached has zeros.
   */
  public void readGradients(long offset, float[] values, int from, int count) {
    walk(
        offset,
        count,
        (array, at, done, length) -> {
          try (NDArray gradient = array.getGradient()) {
            buffer(gradient).position(at).get(values, from + done, length);
          }
        });
  }

  private interface Piece {
    void at(NDArray array, int offset, int done, int length);
  }

  private void walk(long offset, int count, Piece piece) {
    int parameter = 0;
    while (starts[parameter + 1] <= offset) {
      parameter++;
    }
    for (int done = 0; done < count; parameter++) {
      int at = (int) (offset + done - starts[parameter]);
      int length = (int) Math.min(count - done, starts[parameter + 1] - starts[parameter] - at);
      piece.at(arrays.get(parameter), at, done, length);
      done += length;
    }
  }

  private static FloatBuffer buffer(NDArray array) {
    return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  static long[] starts(Architecture architecture) {
    long[] starts = new long[architecture.parameters().size() + 1];
    for (int i = 0; i < architecture.parameters().size(); i++) {
      starts[i + 1] = starts[i] + architecture.parameters().get(i).elements();
    }
    return starts;
  }

  @Override
  public void close() {
    manager.close();
  }
}
