package lethe.train.worker;

import java.util.ArrayList;
import java.util.List;
import lethe.model.network.Parameters;
import lethe.train.exchange.GradientUpload;
import lethe.train.exchange.Slot;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.SendOrder;
import lethe.train.gradient.ShardGradients;

/**
 * The gradient of one step as a worker computes it. Of its last shard each bucket is read, added
 * along the tree and sent as soon as the backward pass has finished it, while the pass goes on with
 * the layers below; only the last bucket waits, so that the step's report is sent before it.
 */
final class OutgoingGradient {
  private final ParameterLayout layout;
  private final SendOrder order;
  private final List<Integer> nodes;
  private final BufferPool pool;
  private final ShardGradients gradients;
  private final GradientUpload upload;
  private final List<float[]> sent = new ArrayList<>();
  private Slot held;
  private List<float[]> heldSums;

  /** Of the vector that is being sent, the next bucket's place. */
  private int place;

  private long nanos;

  /**
   * @param nodes of the shard tree whose sums this worker sends
   */
  OutgoingGradient(
      ParameterLayout layout,
      List<Integer> nodes,
      BufferPool pool,
      ShardGradients gradients,
      GradientUpload upload) {
    this.layout = layout;
    this.order = new SendOrder(layout);
    this.nodes = nodes;
    this.pool = pool;
    this.gradients = gradients;
    this.upload = upload;
  }

  /** Adds a whole vector of a shard that is not the last. */
  void add(int shard, int part, Parameters leaves) {
    for (int bucket = 0; bucket < order.count(); bucket++) {
      add(shard, part, bucket, leaves);
    }
  }

  /** Adds and sends a vector of the last shard while the next pass finishes it. */
  void follow(int shard, int part, Parameters leaves) {
    leaves.lastPass(
        () -> {
          long begun = System.nanoTime();
          while (place < order.count() && complete(order.bucket(place), leaves)) {
            send(shard, part, leaves);
          }
          nanos += System.nanoTime() - begun;
        });
  }

  /** Adds and sends what is left of a vector of the last shard, whose passes are over. */
  void finish(int shard, int part, Parameters leaves) {
    while (place < order.count()) {
      send(shard, part, leaves);
    }
    place = 0;
  }

  /** Sends what is held, and waits until the driver has taken all. */
  void flush() {
    upload.send(held, heldSums);
    held = null;
    upload.await();
    sent.forEach(pool::release);
    sent.clear();
  }

  /** Time that passes have spent here so far, in nanoseconds. */
  long nanos() {
    return nanos;
  }

  private void send(int shard, int part, Parameters leaves) {
    int bucket = order.bucket(place++);
    add(shard, part, bucket, leaves);
    if (held != null) {
      upload.send(held, heldSums);
    }
    held = new Slot(part, bucket);
    heldSums = gradients.take(part, bucket, nodes);
    sent.addAll(heldSums);
  }

  private void add(int shard, int part, int bucket, Parameters leaves) {
    gradients.add(
        shard,
        part,
        bucket,
        layout.buckets().length(bucket),
        (values, from, count) ->
            layout.forEachRange(
                bucket,
                from,
                count,
                (flat, at, length) -> leaves.readGradients(flat, values, at, length)));
  }

  private boolean complete(int bucket, Parameters leaves) {
    boolean[] all = {true};
    layout.forEachRange(bucket, (flat, from, length) -> all[0] &= leaves.settled(flat, length));
    return all[0];
  }
}
