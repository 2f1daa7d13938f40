package lethe.model.network;

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
import lethe.model.torch.Autograd;
import lethe.model.torch.Compute;
import lethe.model.torch.Precision;

/**
 * A network's parameters, addressed as one flat vector: the parameters of {@link
 * Architecture#parameters()} one after another. The vector is float32 in the processor's memory;
 * passes use the same memory, or copies on the network's device and in its precision, which are
 * refreshed after a {@link #write}.
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
  private final List<NDArray> host = new ArrayList<>();

  /** The vector on the network's device: what the embedding, norms and biases take. */
  private final List<NDArray> float32 = new ArrayList<>();

  /** Matrices in the network's precision, everything else as in {@link #float32}. */
  private final List<NDArray> computeTensors = new ArrayList<>();

  /** Gradients summed by {@link #add}, float32; null where there is none yet. */
  private final NDArray[] sums;

  /** Places without gradients. */
  private final BitSet frozen = new BitSet();

  private boolean stale;

  /** All zero. */
  Parameters(NDManager parent, Architecture architecture, Autograd autograd, Compute compute) {
    this(parent, architecture, autograd, compute, starts(architecture));
    for (FusedParameter parameter : architecture.parameters()) {
      host.add(manager.zeros(parameter.shape(), DataType.FLOAT32, Device.cpu()));
    }
    for (NDArray master : host) {
      NDArray onDevice =
          compute.device().isGpu() ? master.toDevice(compute.device(), true) : master;
      boolean matrix = master.getShape().dimension() > 1;
      float32.add(onDevice);
      computeTensors.add(
          matrix && compute.precision() != Precision.FLOAT32 ? autograd.cast(onDevice) : onDevice);
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
    return places.stream().map(computeTensors::get).toList();
  }

  /** The same in float32. */
  List<NDArray> float32(List<Integer> places) {
    renew();
    return places.stream().map(float32::get).toList();
  }

  private void renew() {
    if (!stale) {
      return;
    }
    stale = false;
    for (int i = 0; i < host.size(); i++) {
      if (float32.get(i) != host.get(i)) {
        autograd.copyInto(float32.get(i), host.get(i));
      }
      if (computeTensors.get(i) != float32.get(i)) {
        autograd.copyInto(computeTensors.get(i), float32.get(i));
      }
    }
  }

  /** {@link #leaves(Predicate)} with gradients of all parameters. */
  public Parameters leaves() {
    return leaves(name -> true);
  }

  /**
   * The same memory as leaves of new graphs, with gradients of their own that start at zero.
   * Gradients of several passes add up; calling this replaces zeroing gradients.
   *
   * @param trained by tensor name, which gradients are wanted; those of a fused parameter are
   *     computed if any of its tensors is wanted
   */
  public Parameters leaves(Predicate<String> trained) {
    renew();
    Parameters leaves =
        new Parameters(manager.getParentManager(), architecture, autograd, compute, starts);
    leaves.host.addAll(host);
    for (int i = 0; i < host.size(); i++) {
      if (architecture.parameters().get(i).tensors().stream()
          .noneMatch(tensor -> trained.test(tensor.name()))) {
        leaves.frozen.set(i);
        leaves.float32.add(float32.get(i));
        leaves.computeTensors.add(computeTensors.get(i));
        continue;
      }
      NDArray leaf = leaves.leaf(float32.get(i));
      leaves.float32.add(leaf);
      leaves.computeTensors.add(
          computeTensors.get(i) == float32.get(i) ? leaf : leaves.leaf(computeTensors.get(i)));
    }
    return leaves;
  }

  /** The given places that have gradients. */
  List<Integer> trained(List<Integer> places) {
    return places.stream().filter(place -> !frozen.get(place)).toList();
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
   * @param gradients of these parameters; owned by this from now on
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
      autograd.addTo(into, more);
    }
    if (!first.isEmpty()) {
      NDList begun = autograd.startSums(first);
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
            buffer(host.get(place)).position(at).put(values, from + done, length));
  }

  /** Reads a range of the flat vector. */
  public void read(long offset, float[] values, int from, int count) {
    walk(
        offset,
        count,
        (place, at, done, length) ->
            buffer(host.get(place)).position(at).get(values, from + done, length));
  }

  /**
   * Reads a range of the gradients that passes through these {@link #leaves()} have left; a
   * parameter that no pass has reached has zeros.
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
