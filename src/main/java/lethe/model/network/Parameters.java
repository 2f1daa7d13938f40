package lethe.model.network;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
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
 * Architecture#parameters()} one after another. Each is on the network's device, in the form in
 * which passes take it, and in no other: the matrices of layers and head in the network's
 * precision, the embedding, norms and biases in float32. Only a matrix that serves as embedding and
 * as head is there in both.
 *
 * <p>Not thread-safe.
 */
public final class Parameters implements AutoCloseable {
  /** Elements that are copied at a time to where Java does not write itself. */
  private static final int STAGED = 1 << 20;

  private final NDManager manager;
  private final Architecture architecture;
  private final Autograd autograd;
  private final long[] starts;

  /** What embedding, norms and biases take; null for a matrix that no pass takes in float32. */
  private final List<NDArray> float32 = new ArrayList<>();

  /** Matrices in the network's precision, everything else as in {@link #float32}. */
  private final List<NDArray> computeTensors = new ArrayList<>();

  /** Whether the arrays are in the processor's memory and in float32, so that Java writes them. */
  private final boolean direct;

  /** Memory that both Java and PyTorch see, used again and again; null before it is needed. */
  private ByteBuffer staging;

  /** Gradients summed by {@link #add}, float32; null where there is none yet. */
  private final NDArray[] sums;

  /** Places without gradients. */
  private final BitSet frozen = new BitSet();

  /** Places to whose gradients nothing more is added. */
  private final BitSet settled = new BitSet();

  private Runnable settling; // null before the last pass

  /** All zero. */
  Parameters(NDManager parent, Architecture architecture, Autograd autograd, Compute compute) {
    this(
        parent,
        architecture,
        autograd,
        starts(architecture),
        !compute.device().isGpu() && compute.precision() == Precision.FLOAT32);
    boolean narrow = compute.precision() != Precision.FLOAT32;
    for (int i = 0; i < architecture.parameters().size(); i++) {
      NDArray zeros =
          manager.zeros(
              architecture.parameters().get(i).shape(), DataType.FLOAT32, compute.device());
      boolean matrix = architecture.isMatrix(i);
      computeTensors.add(matrix && narrow ? autograd.cast(zeros) : zeros);
      if (matrix && narrow && !architecture.embedding().contains(i)) {
        zeros.close();
        float32.add(null);
      } else {
        float32.add(zeros);
      }
    }
  }

  private Parameters(
      NDManager parent,
      Architecture architecture,
      Autograd autograd,
      long[] starts,
      boolean direct) {
    this.manager = parent.newSubManager();
    this.architecture = architecture;
    this.autograd = autograd;
    this.starts = starts;
    this.direct = direct;
    this.sums = new NDArray[starts.length - 1];
  }

  /** Bytes of a network's parameters on its device, without gradients. */
  public static long bytes(Architecture architecture, Precision precision) {
    long bytes = 0;
    for (int i = 0; i < architecture.parameters().size(); i++) {
      boolean narrow = precision != Precision.FLOAT32 && architecture.isMatrix(i);
      boolean wide = !narrow || architecture.embedding().contains(i);
      bytes += architecture.parameters().get(i).elements() * ((narrow ? 2 : 0) + (wide ? 4 : 0));
    }
    return bytes;
  }

  /** The tensors at some places of {@link Architecture#parameters()}, as layers take them. */
  List<NDArray> at(List<Integer> places) {
    return places.stream().map(computeTensors::get).toList();
  }

  /** The same in float32, of the embedding. */
  List<NDArray> float32(List<Integer> places) {
    return places.stream().map(float32::get).toList();
  }

  /**
   * Parameters that share the memory of the first of these, with zeros behind them: the base of a
   * network with an adapter, where these are those of the network. What is written to one is
   * written to the other.
   *
   * @param shared number of elements of the flat vector that both have
   */
  public Parameters sharing(long shared) {
    int places = Arrays.binarySearch(starts, shared);
    Parameters other =
        new Parameters(manager.getParentManager(), architecture, autograd, starts, direct);
    for (int i = 0; i < computeTensors.size(); i++) {
      NDArray wide = float32.get(i);
      NDArray narrow = computeTensors.get(i);
      other.float32.add(i < places || wide == null ? wide : other.zeros(wide));
      other.computeTensors.add(
          i < places ? narrow : wide == narrow ? other.float32.get(i) : other.zeros(narrow));
    }
    return other;
  }

  private NDArray zeros(NDArray like) {
    NDArray zeros = autograd.zeros(like);
    zeros.attach(manager);
    return zeros;
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
    Parameters leaves =
        new Parameters(manager.getParentManager(), architecture, autograd, starts, direct);
    for (int i = 0; i < computeTensors.size(); i++) {
      if (architecture.parameters().get(i).tensors().stream()
          .noneMatch(tensor -> trained.test(tensor.name()))) {
        leaves.frozen.set(i);
        leaves.float32.add(float32.get(i));
        leaves.computeTensors.add(computeTensors.get(i));
        continue;
      }
      NDArray leaf = float32.get(i) == null ? null : leaves.leaf(float32.get(i));
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
   * The pass that comes next is the last to add to the gradients of these leaves.
   *
   * @param look runs, in the pass, whenever more of them are {@link #settled}
   */
  public void lastPass(Runnable look) {
    settling = look;
  }

  /**
   * Whether the gradients of a range of the flat vector are complete, as far as the pass under way
   * has come; those that it does not compute never are.
   */
  public boolean settled(long offset, int count) {
    boolean[] all = {true};
    walk(offset, count, (place, at, done, length) -> all[0] &= settled.get(place));
    return all[0];
  }

  /** The pass under way adds nothing more to the gradients at these places. */
  void settle(List<Integer> places) {
    if (settling != null && !places.isEmpty()) {
      places.forEach(settled::set);
      settling.run();
    }
  }

  /**
   * Overwrites a range of the flat vector; a matrix of another precision rounds it.
   *
   * @param offset first element
   * @param values {@code count} of them, from {@code from}
   */
  public void write(long offset, float[] values, int from, int count) {
    walk(
        offset,
        count,
        (place, at, done, length) -> {
          if (direct && fitsABuffer(place)) {
            buffer(computeTensors.get(place)).position((int) at).put(values, from + done, length);
          } else {
            copy(place, at, FloatBuffer.wrap(values, from + done, length));
          }
        });
  }

  /** Whether Java can see an array of float32 as one buffer. */
  private boolean fitsABuffer(int place) {
    return Float.BYTES * architecture.parameters().get(place).elements() <= Integer.MAX_VALUE;
  }

  private void copy(int place, long at, FloatBuffer values) {
    NDArray wide = float32.get(place);
    NDArray narrow = computeTensors.get(place);
    if (staging == null) {
      staging = ByteBuffer.allocateDirect(STAGED * Float.BYTES).order(ByteOrder.nativeOrder());
    }
    for (long to = at; values.hasRemaining(); to += STAGED) {
      int count = Math.min(STAGED, values.remaining());
      staging.clear().limit(count * Float.BYTES);
      staging.asFloatBuffer().put(values.slice().limit(count));
      values.position(values.position() + count);
      try (NDManager own = manager.newSubManager(Device.cpu())) {
        NDArray piece = own.create(staging, new Shape(count), DataType.FLOAT32);
        NDArray first = own.create(to);
        if (wide != null) {
          autograd.copyInto(wide, piece, first);
        }
        if (narrow != wide) {
          autograd.copyInto(narrow, piece, first);
        }
      }
    }
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
            if (fitsABuffer(place)) {
              buffer(sums[place]).position((int) at).get(values, from + done, length);
            } else {
              System.arraycopy(part(sums[place], at, length), 0, values, from + done, length);
            }
          }
        });
  }

  private static float[] part(NDArray array, long from, int length) {
    try (NDArray row = array.reshape(-1);
        NDArray part = row.get(new NDIndex("{}:{}", from, from + length))) {
      return part.toFloatArray();
    }
  }

  private interface Piece {
    void at(int place, long offset, int done, int length);
  }

  private void walk(long offset, int count, Piece piece) {
    int place = Arrays.binarySearch(starts, offset);
    if (place < 0) {
      place = -place - 2; // the parameter that begins before it
    }
    for (int done = 0; done < count; place++) {
      long at = offset + done - starts[place];
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
