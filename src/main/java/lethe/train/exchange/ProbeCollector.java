package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import lethe.train.gradient.ShardTree;
import lethe.train.steering.ProbeDecision;
import org.apache.spark.network.client.RpcResponseCallback;

/**
 * The sums of one probe as they come in: shard by shard, added along the tree. Used under the
 * mailbox's lock.
 */
final class ProbeCollector {
  private final ShardTree tree;
  private final int workers;
  private final int domains;
  private final ShardTree.Sums<double[]> sums = new ShardTree.Sums<>(ProbeCollector::add);
  private final BitSet sent = new BitSet();
  private final List<RpcResponseCallback> waiting = new ArrayList<>();
  private double[] total;

  /**
   * @param tree of the shards
   * @param workers that will send sums
   * @param domains number of domains to forget
   */
  ProbeCollector(ShardTree tree, int workers, int domains) {
    this.tree = tree;
    this.workers = workers;
    this.domains = domains;
  }

  /**
   * Takes one worker's sums. A message that repeats an earlier one is ignored and never answered:
   * any answer would be taken for that of the first.
   *
   * @param body doubles, for each of its shards and each domain, shard by shard
   * @param answer gets the {@link ProbeDecision}
   * @throws IllegalArgumentException when there are too few or too many
   */
  void put(Message message, ByteBuffer body, RpcResponseCallback answer) {
    int first = tree.firstShard(message.worker(), workers);
    int end = tree.firstShard(message.worker() + 1, workers);
    DoubleBuffer values = body.asDoubleBuffer();
    if (values.remaining() != (end - first) * domains) {
      throw new IllegalArgumentException(
          "Cannot read the probe of %s: expected %d sums, got %d"
              .formatted(message.where(), (end - first) * domains, values.remaining()));
    }
    if (sent.get(message.worker())) {
      return;
    }
    sent.set(message.worker());
    for (int shard = first; shard < end; shard++) {
      double[] own = new double[domains];
      values.get(own);
      sums.put(tree.leaf(shard), own);
    }
    waiting.add(answer);
    total = sums.take(ShardTree.ROOT);
  }

  /** The sums over all shards by domain, nats; empty while some are missing. */
  Optional<double[]> total() {
    return Optional.ofNullable(total);
  }

  /** Answers all workers. */
  void answer(ProbeDecision decision) {
    for (RpcResponseCallback worker : waiting) {
      ByteBuffer body = ByteBuffer.allocate(decision.bytes());
      decision.write(body);
      worker.onSuccess(body.flip());
    }
    waiting.clear();
  }

  /** Refuses all workers that still wait for an answer. */
  void refuse(RuntimeException cause) {
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
