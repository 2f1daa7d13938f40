package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lethe.train.gradient.ShardTree;
import lethe.train.steering.ProbeDecision;
import lethe.train.steering.TargetController;
import org.apache.spark.network.client.RpcResponseCallback;

/**
 * The sums of one probe as they come in: shard by shard, added along the tree. When all are there
 * they are decided upon, and every worker hears what to do. Used under the aggregator's lock.
 */
final class ProbeCollector {
  private final TargetController steering;
  private final ShardTree tree;
  private final int workers;
  private final ShardTree.Sums<double[]> sums = new ShardTree.Sums<>(ProbeCollector::add);
  private final List<RpcResponseCallback> waiting = new ArrayList<>();

  /**
   * @param tree of the shards
   * @param workers that will tell theirs
   */
  ProbeCollector(TargetController steering, ShardTree tree, int workers) {
    this.steering = steering;
    this.tree = tree;
    this.workers = workers;
  }

  /**
   * Takes one worker's sums.
   *
   * @param body doubles, for each of its shards and each domain, shard by shard
   * @param answer gets the {@link ProbeDecision}
   * @param weights a copy of those that were looked at
   * @throws IllegalArgumentException when there are too few or too many
   */
  void put(
      Message message, ByteBuffer body, RpcResponseCallback answer, Supplier<float[][]> weights) {
    int first = tree.firstShard(message.worker(), workers);
    int end = tree.firstShard(message.worker() + 1, workers);
    int domains = steering.orders().weights().length;
    DoubleBuffer values = body.asDoubleBuffer();
    if (values.remaining() != (end - first) * domains) {
      throw new IllegalArgumentException(
          "Cannot read the probe of %s: expected %d sums, got %d"
              .formatted(message.where(), (end - first) * domains, values.remaining()));
    }
    for (int shard = first; shard < end; shard++) {
      double[] own = new double[domains];
      values.get(own);
      sums.put(tree.leaf(shard), own);
    }
    waiting.add(answer);
    double[] total = sums.take(ShardTree.ROOT);
    if (total != null) {
      ProbeDecision orders = steering.probed(message.step(), total, weights);
      for (RpcResponseCallback worker : waiting) {
        ByteBuffer told = ByteBuffer.allocate(orders.bytes());
        orders.write(told);
        worker.onSuccess(told.flip());
      }
      waiting.clear();
    }
  }

  /** Nobody waits any longer. */
  void fail(RuntimeException cause) {
    waiting.forEach(worker -> worker.onFailure(cause));
    waiting.clear();
  }

  private static double[] add(double[] left, double[] right) {
    for (int i = 0; i < left.length; i++) {
      left[i] += right[i];
    }
    return left;
  }
}
