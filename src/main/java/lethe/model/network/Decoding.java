package lethe.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Texts of equal length that grow token by token: the keys and values of earlier tokens are kept,
 * so that only the new token goes through the layers. Close it when done. Not thread-safe.
 *
 * <p>Hidden states are those of the whole text up to rounding: the same products in another shape.
 * Where the rotation of positions depends on the length of the text (rope_type longrope, beyond its
 * original context), kept keys would be wrong, and the whole text goes through the layers every
 * time.
 */
public final class Decoding implements AutoCloseable {
  private final Network network;
  private final Parameters weights;
  private final NDManager manager;
  private final List<NDArray> tables;
  private final int most;
  private final List<NDList> past = new ArrayList<>();
  private long[][] ids;
  private boolean recompute;

  /**
   * @param network that decodes
   * @param most tokens of a text at the end; at most the model's context
   */
  Decoding(Network network, Parameters weights, int most) {
    this.network = network;
    this.weights = weights;
    network.architecture().context().check(most);
    this.most = most;
    this.manager = network.newManager();
    this.tables = network.tables(most, manager);
  }

  /**
   * Takes the first tokens.
   *
   * @param tokens the same number for every text, at least 1
   * @return hidden states of the last position: B x D
   * @throws IllegalArgumentException when texts differ in length
   */
  public NDArray begin(List<int[]> tokens) {
    ids = new long[tokens.size()][];
    for (int b = 0; b < ids.length; b++) {
      if (tokens.get(b).length != tokens.get(0).length) {
        throw new IllegalArgumentException(
            "Cannot decode texts of %d and of %d tokens together"
                .formatted(tokens.get(0).length, tokens.get(b).length));
      }
      ids[b] = Arrays.stream(tokens.get(b)).asLongStream().toArray();
    }
    recompute = ropeDependsOnLength(ids[0].length);
    return run(0);
  }

  /**
   * Whether a position is rotated by another angle in a text of this length than at full length.
   */
  private boolean ropeDependsOnLength(int length) {
    List<Architecture.Table> now = network.architecture().tables().apply(length);
    List<Architecture.Table> then = network.architecture().tables().apply(most);
    for (int i = 0; i < now.size(); i++) {
      float[] values = now.get(i).values();
      int size = Math.min(values.length, then.get(i).values().length);
      if (Arrays.mismatch(values, 0, size, then.get(i).values(), 0, size) >= 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes one more token of every text.
   *
   * @param tokens one per text
   * @return hidden states of that position: B x D
   */
  public NDArray next(int[] tokens) {
    int had = ids[0].length;
    for (int b = 0; b < ids.length; b++) {
      ids[b] = Arrays.copyOf(ids[b], had + 1);
      ids[b][had] = tokens[b];
    }
    return run(recompute ? 0 : had);
  }

  /**
   * Leaves texts out that are not to grow further.
   *
   * @param texts places of those that stay, ascending, at least 1
   */
  public void keep(int[] texts) {
    long[][] left = new long[texts.length][];
    for (int b = 0; b < left.length; b++) {
      left[b] = ids[texts[b]];
    }
    ids = left;
    if (!recompute) {
      NDArray rows = manager.create(Arrays.stream(texts).asLongStream().toArray());
      for (int layer = 0; layer < past.size(); layer++) {
        NDList all = past.get(layer);
        past.set(layer, new NDList(all.stream().map(one -> network.run("at", one, rows)).toList()));
        all.close();
      }
    }
  }

  /**
   * @param had tokens whose keys and values are kept
   */
  private NDArray run(int had) {
    int now = ids[0].length;
    NDArray xBTD = embedded(had);
    List<NDArray> own = tables(had, now);
    List<List<Integer>> layers = network.architecture().layers();
    for (int layer = 0; layer < layers.size(); layer++) {
      List<NDArray> w = weights.at(layers.get(layer));
      NDList out =
          had == 0
              ? network.runAll("begin", xBTD, own, w)
              : network.runAll("step", xBTD, own, w, past.get(layer));
      xBTD.close();
      xBTD = out.get(0);
      NDList kept = new NDList(out.get(1), out.get(2));
      if (past.size() == layer) {
        past.add(kept);
      } else {
        past.set(layer, kept).close();
      }
    }
    int length = now - had;
    long[] last = LongStream.range(0, ids.length).map(b -> b * length + length - 1).toArray();
    NDArray hiddenBD = network.gatherRows(xBTD, manager.create(last));
    xBTD.close();
    own.forEach(NDArray::close);
    return hiddenBD;
  }

  /** The tables of the positions from {@code had} to {@code now}. */
  private List<NDArray> tables(int had, int now) {
    if (recompute) {
      return network.tables(now, manager);
    }
    NDArray rows = manager.create(LongStream.range(had, now).toArray());
    return tables.stream().map(t -> network.run("at", t, rows)).toList();
  }

  /** The embedding of the tokens that go through the layers. */
  private NDArray embedded(int had) {
    if (had == 0) {
      return embed(ids);
    }
    // Learned positions are those of the tokens given, from the first on, so there all are given.
    return network.architecture().embedding().size() > 1
        ? lastOf(embed(ids))
        : embed(
            Arrays.stream(ids).map(own -> new long[] {own[own.length - 1]}).toArray(long[][]::new));
  }

  private NDArray embed(long[][] tokens) {
    try (NDArray tokensBT = manager.create(tokens)) {
      return network.embed(tokensBT, weights);
    }
  }

  /** The last position: B x 1 x D. */
  private NDArray lastOf(NDArray allBTD) {
    int tokens = ids[0].length;
    long[] last = LongStream.range(0, ids.length).map(b -> b * tokens + tokens - 1).toArray();
    NDArray x = network.gatherRows(allBTD, manager.create(last)).expandDims(1);
    allBTD.close();
    return x;
  }

  @Override
  public void close() {
    manager.close();
  }
}
