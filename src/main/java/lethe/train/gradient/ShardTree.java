package lethe.train.gradient;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The one binary tree along which shard gradients are added. Nodes are numbered as in a heap: the
 * root is 1, the children of n are 2n and 2n + 1, the leaf of shard s is {@code shards + s}. Every
 * node is the sum of its two children, whoever computes it, so the root has the same bits for any
 * number of workers and any order of arrival.
 *
 * @param shards a power of two
 */
public record ShardTree(int shards) {
  public static final int ROOT = 1;

  public ShardTree {
    if (Integer.bitCount(shards) != 1) {
      throw new IllegalArgumentException("train.shards must be a power of two, was " + shards);
    }
  }

  public int leaf(int shard) {
    return shards + shard;
  }

  /** First shard of a worker; its last is the one before the next worker's first. */
  public int firstShard(int worker, int workers) {
    return (int) ((long) worker * shards / workers);
  }

  /** The worker that computes a shard. */
  public int owner(int shard, int workers) {
    int worker = (int) (((long) shard * workers) / shards);
    while (firstShard(worker + 1, workers) <= shard) {
      worker++;
    }
    return worker;
  }

  /** The largest subtrees that hold a worker's shards and no others, from left to right. */
  public List<Integer> roots(int worker, int workers) {
    List<Integer> roots = new ArrayList<>();
    int end = firstShard(worker + 1, workers);
    for (int shard = firstShard(worker, workers); shard < end; ) {
      int size = shard == 0 ? shards : Integer.lowestOneBit(shard);
      while (shard + size > end) {
        size /= 2;
      }
      roots.add(shards / size + shard / size);
      shard += size;
    }
    return roots;
  }

  /**
   * Values of nodes whose sibling is still missing.
   *
   * @param <T> what is added
   */
  public static final class Sums<T> {
    /** Adds two children; may reuse either. */
    public interface Addition<T> {
      T add(T left, T right);
    }

    private final Map<Integer, T> waiting = new HashMap<>();
    private final Addition<T> addition;

    public Sums(Addition<T> addition) {
      this.addition = addition;
    }

    /**
     * Takes the value of a node and adds upwards as long as siblings are present.
     *
     * @throws IllegalStateException when this node has been given before
     */
    public void put(int node, T value) {
      int at = node;
      T sum = value;
      while (at != ROOT && waiting.containsKey(at ^ 1)) {
        T sibling = waiting.remove(at ^ 1);
        sum = at % 2 == 0 ? addition.add(sum, sibling) : addition.add(sibling, sum);
        at /= 2;
      }
      if (waiting.putIfAbsent(at, sum) != null) {
        throw new IllegalStateException("Cannot add node " + node + " of the shard tree twice");
      }
    }

    /** Takes a node's value out; null if it is not complete. */
    public T take(int node) {
      return waiting.remove(node);
    }
  }
}
