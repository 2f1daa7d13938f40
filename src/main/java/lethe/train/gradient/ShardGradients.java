package lethe.train.gradient;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A worker's gradients of one step: a shard's buckets are added along the tree as soon as they are
 * done, so that at most one vector per level is in memory.
 */
public final class ShardGradients {
  private record Place(int part, int bucket) {}

  private final WireFormat wire;
  private final ShardTree tree;
  private final BufferPool pool;
  private final Map<Place, ShardTree.Sums<float[]>> sums = new HashMap<>();

  /**
   * @param pool gets the buckets that have been added to others
   */
  public ShardGradients(WireFormat wire, ShardTree tree, BufferPool pool) {
    this.wire = wire;
    this.tree = tree;
    this.pool = pool;
  }

  /**
   * Adds one bucket of a shard's gradient, rounded as it travels.
   *
   * @param part which vector
   * @param values owned by this from now on
   */
  public void add(int shard, int part, int bucket, float[] values) {
    wire.round(values);
    sums.computeIfAbsent(new Place(part, bucket), p -> new ShardTree.Sums<>(this::add))
        .put(tree.leaf(shard), values);
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
