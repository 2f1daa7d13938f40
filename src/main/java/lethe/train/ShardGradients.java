package lethe.train;

import java.util.List;

/**
 * A worker's gradients of one step: shards are added along the tree as soon as they are done, so
 * that at most one vector stands for each level of it.
 */
final class ShardGradients {
  private final Wire wire;
  private final ShardTree tree;
  private final Spares spares;
  private final ShardTree.Sums<float[][]> sums;

  /**
   * @param spares gets the buckets that have been added to others
   */
  ShardGradients(Wire wire, ShardTree tree, Spares spares) {
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
  void add(int shard, float[][] vector) {
    for (float[] bucket : vector) {
      wire.round(bucket);
    }
    sums.put(tree.leaf(shard), vector);
  }

  /** The sums of some nodes, bucket by bucket; null where a shard below is missing. */
  List<float[][]> take(List<Integer> nodes) {
    return nodes.stream().map(sums::take).toList();
  }

  private float[][] addAll(float[][] left, float[][] right) {
    for (int b = 0; b < left.length; b++) {
      wire.add(left[b], right[b]);
      spares.give(right[b]);
    }
    return left;
  }
}
