package lethe.train.gradient;

import java.util.List;

/**
 * A worker's gradients of one step: shards are added along the tree as soon as they are done, so
 * that at most one vector per level is in memory.
 */
public final class ShardGradients {
  private final WireFormat wire;
  private final ShardTree tree;
  private final BufferPool pool;
  private final ShardTree.Sums<float[][][]> sums;

  /**
   * @param pool gets the buckets that have been added to others
   */
  public ShardGradients(WireFormat wire, ShardTree tree, BufferPool pool) {
    this.wire = wire;
    this.tree = tree;
    this.pool = pool;
    this.sums = new ShardTree.Sums<>(this::addAll);
  }

  /**
   * Adds a shard's gradient, rounded as it travels.
   *
   * @param gradient [part][bucket][element]; owned by this from now on
   */
  public void add(int shard, float[][][] gradient) {
    for (float[][] part : gradient) {
      for (float[] bucket : part) {
        wire.round(bucket);
      }
    }
    sums.put(tree.leaf(shard), gradient);
  }

  /** The sums of some nodes: [part][bucket][element]; null where a shard below is missing. */
  public List<float[][][]> take(List<Integer> nodes) {
    return nodes.stream().map(sums::take).toList();
  }

  private float[][][] addAll(float[][][] left, float[][][] right) {
    for (int part = 0; part < left.length; part++) {
      for (int b = 0; b < left[part].length; b++) {
        wire.add(left[part][b], right[part][b]);
        pool.release(right[part][b]);
      }
    }
    return left;
  }
}
