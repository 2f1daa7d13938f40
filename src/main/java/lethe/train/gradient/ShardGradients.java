package lethe.train.gradient;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A worker's gradients of one step: a shard's buckets are added along the tree as soon as they are
 * done, so that at most one vector per level is in memory.
 */
public final class ShardGradients {
  /** Elements that are read, rounded and added before the next: few enough to stay in the cache. */
  static final int PIECE = 1 << 17;

  /** Reads a bucket of a shard's gradient. */
  @FunctionalInterface
  public interface Source {
    /**
     * @param values of the bucket, to be filled from {@code from} on
     * @param count elements
     */
    void read(float[] values, int from, int count);
  }

  private record Place(int part, int bucket) {}

  private final WireFormat wire;
  private final ShardTree tree;
  private final BufferPool pool;
  private final Map<Place, ShardTree.Sums<float[]>> sums = new HashMap<>();

  /**
   * @param pool provides buckets, and gets those that have been added to others
   */
  public ShardGradients(WireFormat wire, ShardTree tree, BufferPool pool) {
    this.wire = wire;
    this.tree = tree;
    this.pool = pool;
  }

  /**
   * Adds one bucket of a shard's gradient, rounded as it travels. What is read is added to the
   * shard before it, where that is its sibling in the tree, before it leaves the cache.
   *
   * @param length elements of the bucket
   */
  public void add(int shard, int part, int bucket, int length, Source source) {
    ShardTree.Sums<float[]> slot =
        sums.computeIfAbsent(new Place(part, bucket), p -> new ShardTree.Sums<>(this::add));
    int leaf = tree.leaf(shard);
    float[] left = leaf % 2 == 0 ? null : slot.take(leaf - 1);
    float[] values = pool.acquire(length);
    for (int at = 0; at < length; at += PIECE) {
      int count = Math.min(PIECE, length - at);
      source.read(values, at, count);
      wire.round(values, at, count);
      if (left != null) {
        wire.add(left, values, at, count);
      }
    }
    if (left == null) {
      slot.put(leaf, values);
    } else {
      pool.release(values);
      slot.put(leaf / 2, left);
    }
  }

  private float[] add(float[] left, float[] right) {
    wire.add(left, right);
    pool.release(right);
    return left;
  }

  /** Takes a bucket's sums of some nodes out; null where a shard below is missing. */
  public List<float[]> take(int part, int bucket, List<Integer> nodes) {
    ShardTree.Sums<float[]> slot = sums.get(new Place(part, bucket));
    return nodes.stream().map(slot::take).toList();
  }
}
