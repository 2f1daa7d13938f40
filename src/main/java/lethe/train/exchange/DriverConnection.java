package lethe.train.exchange;

import java.util.List;
import java.util.function.ObjIntConsumer;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.WireFormat;
import lethe.train.steering.ProbeDecision;

/** What a worker asks of its driver, in this order for each step. */
public interface DriverConnection {
  /**
   * What a worker learns when it joins.
   *
   * @param step first step to compute, from 0
   * @param decision that is in force now
   */
  record Start(int step, ProbeDecision decision) {}

  /**
   * Joins the launch.
   *
   * @param greeting of {@link ExchangeSpec}
   * @param environment of this worker
   * @param device it computes on, as {@link WorkerEnvironment#device} names it
   */
  Start hello(String greeting, String environment, String device);

  /**
   * Fetches the weights with which a step begins, bucket by bucket in order; waits until they are
   * published.
   *
   * @param each takes a bucket's values, which are overwritten afterwards, and its number
   */
  void pull(int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each);

  /**
   * Sends the losses of the probe chunks with the weights that a step begins with; returns when all
   * workers have sent theirs.
   *
   * @param sums of the losses, for each own shard and domain, shard by shard, nats
   * @return what to do next
   */
  ProbeDecision probe(int step, double[] sums);

  /** Reports a step's sums; returns when the driver has them. */
  void report(int step, WorkerReport report);

  /**
   * Sends the gradient sums of nodes, bucket by bucket; returns when the driver has taken all.
   *
   * @param nodes of the shard tree
   * @param sums of each node: [part][bucket][element]
   */
  void push(int step, List<Integer> nodes, List<float[][][]> sums, WireFormat wire);

  /** Reports that this worker cannot do its part, and that no other attempt could. */
  void unable(IllegalArgumentException why);
}
