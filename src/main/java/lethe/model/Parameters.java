package lethe.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;

/**
 * A network's parameters, addressed as one flat vector: the parameters of {@link
 * Architecture#parameters()} one after another. The vector is float32 in the processor's memory;
 * passes take the same memory, or copies on the network's device and in its precision, which are
 * renewed once after a {@link #write}.
 *
 * <p>Not thread-safe.
 */
public final class Parameters implements AutoCloseable {
  private final NDManager manager;
  private final Architecture architecture;
  private final Autograd autograd;
  private final Compute compute;
  private final long[] starts;

  /** The vector. */
  private final List<NDArray> masters = new ArrayList<>();

  /** The vector on the network's device: what the embedding, norms and biases take. */
  private final List<NDArray> exact = new ArrayList<>();

  /** Matrices in the network's precision, all else as in {@link #exact}. */
  private final List<NDArray> narrow = new ArrayList<>();

  /** Gradients summed by {@link #add}, float32; null where there is none yet. */
  private final NDArray[] sums;

  /** Places without gradients. */
  private final BitSet still = new BitSet();

  private boolean stale;

  /** All zero. */
  Parameters(NDManager parent, Architecture architecture, Autograd autograd, Compute compute) {
    this(parent, architecture, autograd, compute, starts(architecture));
    for (Parameter parameter : architecture.parameters()) {
      masters.add(manager.zeros(parameter.shape(), DataType.FLOAT32, Device.cpu()));
    }
    for (NDArray master : masters) {
      NDArray onDevice =
          compute.device().isGpu() ? master.toDevice(compute.device(), true) : master;
      boolean matrix = master.getShape().dimension() > 1;
      exact.add(onDevice);
      narrow.add(
          matrix && compute.precision() != Precision.FLOAT32
              ? autograd.narrowed(onDevice)
              : onDevice);
    }
  }

  private Parameters(
      NDManager parent,
      Architecture architecture,
      Autograd autograd,
      Compute compute,
      long[] starts) {
    this.manager = parent.newSubManager();
    this.architecture = architecture;
    this.autograd = autograd;
    this.compute = compute;
    this.starts = starts;
    this.sums = new NDArray[starts.length - 1];
  }

  /** The tensors at some places of {@link Architecture#parameters()}, as layers take them. */
  List<NDArray> at(List<Integer> places) {
    renew();
    return places.stream().map(narrow::get).toList();
  }

  /** The same in float32. */
  List<NDArray> exact(List<Integer> places) {
    renew();
    return places.stream().map(exact::get).toList();
  }

  private void renew() {
    if (!stale) {
      return;
    }
    stale = false;
    for (int i = 0; i < masters.size(); i++) {
      if (exact.get(i) != masters.get(i)) {
        autograd.renew(exact.get(i), masters.get(i));
      }
      if (narrow.get(i) != exact.get(i)) {
        autograd.renew(narrow.get(i), exact.get(i));
      }
    }
  }

  /** {@link #leaves(Predicate)} with gradients of all. */
  public Parameters leaves() {
    return leaves(name -> true);
  }

  /**
   * The same memory as leaves of graphs to come, with gradients of their own that begin from
   * nothing. Passes through them add up; this takes the place of zeroing gradients.
   *
   * @param trained by tensor name, which gradients are wanted; others are not computed, where no
   *     tensor of a fused parameter is wanted
   */
  public Parameters leaves(Predicate<String> trained) {
    renew();
    Parameters leaves =
        new Parameters(manager.getParentManager(), architecture, autograd, compute, starts);
    leaves.masters.addAll(masters);
    for (int i = 0; i < masters.size(); i++) {
      if (architecture.parameters().get(i).tensors().stream()
          .noneMatch(tensor -> trained.test(tensor.name()))) {
        leaves.still.set(i);
        leaves.exact.add(exact.get(i));
        leaves.narrow.add(narrow.get(i));
        continue;
      }
      NDArray leaf = leaves.leaf(exact.get(i));
      leaves.exact.add(leaf);
      leaves.narrow.add(narrow.get(i) == exact.get(i) ? leaf : leaves.leaf(narrow.get(i)));
    }
    return leaves;
  }

  /** Those of some places that have gradients. */
  List<Integer> trained(List<Integer> places) {
    return places.stream().filter(place -> !still.get(place)).toList();
  }

  private NDArray leaf(NDArray array) {
    NDArray leaf = array.stopGradient();
    leaf.attach(manager);
    leaf.setRequiresGradient(true);
    return leaf;
  }

  /**
   * Adds to the gradients of these leaves.
   *
   * @param places of the parameters
   * @param gradients theirs, given away
   */
  void add(List<Integer> places, NDList gradients) {
    NDList first = new NDList();
    NDList more = new NDList();
    List<NDArray> into = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      NDArray sum = sums[places.get(i)];
      (sum == null ? first : more).add(gradients.get(i));
      if (sum != null) {
        into.add(sum);
      }
    }
    if (!more.isEmpty()) {
      autograd.more(into, more);
    }
    if (!first.isEmpty()) {
      NDList begun = autograd.first(first);
      begun.attach(manager);
      int at = 0;
      for (int place : places) {
        if (sums[place] == null) {
          sums[place] = begun.get(at++);
        }
      }
    }
    gradients.close();
  }

  /**
   * Overwrites a range of the flat vector.
   *
   * @param offset first element
   * @param values {@code count} of them, from {@code from}
   */
  public void write(long offset, float[] values, int from, int count) {
    stale = true;
    walk(
        offset,
        count,
        (place, at, done, length) ->
            buffer(masters.get(place)).position(at).put(values, from + done, length));
  }

  /** Reads a range of the flat vector. */
  public void read(long offset, float[] values, int from, int count) {
    walk(
        offset,
        count,
        (place, at, done, length) ->
            buffer(masters.get(place)).position(at).get(values, from + done, length));
  }

  /**
   * Reads a range of the gradients that passes through these {@link #leaves()} have left; a
   * parameter no pass has reached has zeros.
   */
  public void readGradients(long offset, float[] values, int from, int count) {
    walk(
        offset,
        count,
        (place, at, done, length) -> {
          if (sums[place] == null) {
            Arrays.fill(values, from + done, from + done + length, 0);
          } else {
            sums[place] = sums[place].toDevice(Device.cpu(), false);
            buffer(sums[place]).position(at).get(values, from + done, length);
          }
        });
  }

  private interface Piece {
    void at(int place, int offset, int done, int length);
  }

  private void walk(long offset, int count, Piece piece) {
    int place = Arrays.binarySearch(starts, offset);
    if (place < 0) {
      place = -place - 2; // the parameter that begins before it
    }
    for (int done = 0; done < count; place++) {
      int at = (int) (offset + done - starts[place]);
      int length = (int) Math.min(count - done, starts[place + 1] - starts[place] - at);
      piece.at(place, at, done, length);
      done += length;
    }
  }

  private static FloatBuffer buffer(NDArray array) {
    return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  private static long[] starts(Architecture architecture) {
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
