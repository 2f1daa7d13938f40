package lethe.train.gradient;

import java.util.List;

/**
 * A worker's gradients of one step: shards are added along the tree as soon as they are done, so
 * that at most one vector stands for each level of it.
 */
public final class ShardGradients {
  private final WireFormat wire;
  private final ShardTree tree;
  private final BufferPool spares;
  private final ShardTree.Sums<float[][]> sums;

  /**
   * @param spares gets the buckets that have been added to others
   */
  public ShardGradients(WireFormat wire, ShardTree tree, BufferPool spares) {
    this.wire = wire;
    this.tree = tree;
    this.spares = spares;
    this.sums = new ShardTree.Sums<>(this::addAll);
  }

  /**
   * Adds a shard's gradient, rounded as it travels.
   *
   * @param vector bucket by bucket; owned by this from now on
   */
  public void add(int shard, float[][] vector) {
    for (float[] bucket : vector) {
      wire.round(bucket);
    }
    sums.put(tree.leaf(shard), vector);
  }

  /** The sums of some nodes, bucket by bucket; null where a shard below is missing. */
  public List<float[][]> take(List<Integer> nodes) {
    return nodes.stream().map(sums::take).toList();
  }

  private float[][] addAll(float[][] left, float[][] right) {
    for (int b = 0; b < left.length; b++) {
      wire.add(left[b], right[b]);
      spares.release(right[b]);
    }
    return left;
  }
}
